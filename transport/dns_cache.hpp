/// @file
/// What the DNS said, for as long as it may be believed.
#pragma once

#include "core/base/time.hpp"
#include "transport/dns_client.hpp"
#include "transport/dns_shelf.hpp"
#include "transport/next_hops.hpp"
#include "transport/transport_options.hpp"

namespace reginfo {

/// Of what there is it also remembers that it was there; that there is none, or that nobody said,
/// takes no room from it.
class DnsCache {
public:
    explicit DnsCache(const TransportOptions& options)
        : options_(options), found_(options.resolver_cache), none_(options.resolver_cache) {}

    /// Null if it is not known, or no longer.
    SharedAnswer recall(TimePoint now, const DnsQuery& query);

    /// For the time to live of its records, within the bounds of the options.
    void remember(TimePoint now, const DnsQuery& query, SharedAnswer answer);

    /// Whether there was something when that was said last.
    bool knows(const DnsQuery& query) { return found_.has(query); }

private:
    const TransportOptions& options_;
    DnsShelf found_;
    DnsShelf none_;
};

}  // namespace reginfo
