/// @file
/// Answers of the DNS, for their time to live.
#pragma once

#include "core/base/time.hpp"
#include "transport/dns_client.hpp"
#include "transport/dns_shelf.hpp"
#include "transport/next_hops.hpp"
#include "transport/transport_options.hpp"

namespace reginfo {

/// Answers with records have room of their own, which empty answers and silences do not take.
class DnsCache {
public:
    explicit DnsCache(const TransportOptions& options)
        : options_(options), found_(options.resolver_cache), none_(options.resolver_cache) {}

    /// Null if it is not known, or no longer.
    SharedAnswer recall(TimePoint now, const DnsQuery& query);

    /// For the time to live of its records, within the bounds of the options.
    void remember(TimePoint now, const DnsQuery& query, SharedAnswer answer);

    /// Whether the last answer had records.
    bool knows(const DnsQuery& query) { return found_.has(query); }

private:
    const TransportOptions& options_;
    DnsShelf found_;
    DnsShelf none_;
};

}  // namespace reginfo
