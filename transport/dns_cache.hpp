/// @file
/// What the DNS said, for as long as it may be believed.
#pragma once

#include "core/time.hpp"
#include "transport/dns_client.hpp"
#include "transport/next_hops.hpp"
#include "transport/transport_options.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

namespace reginfo {

/// Bounded: when it is full it forgets what is too old, else all, as it is only there to damp
/// bursts.
class DnsCache {
public:
    /// @param options  must outlive the cache
    explicit DnsCache(const TransportOptions& options) : options_(options) {}

    /// Null if it is not known, or no longer.
    SharedAnswer recall(TimePoint now, const DnsQuery& query);

    /// For the time to live of its records, within the bounds of the options.
    void remember(TimePoint now, const DnsQuery& query, SharedAnswer answer);

private:
    struct Entry {
        SharedAnswer answer;
        TimePoint until;
    };

    const TransportOptions& options_;
    boost::unordered_flat_map<DnsQuery, Entry> entries_;
};

}  // namespace reginfo
