/// @file
/// What the DNS said, for as long as it may be believed.
#pragma once

#include "core/base/time.hpp"
#include "transport/dns_client.hpp"
#include "transport/next_hops.hpp"
#include "transport/transport_options.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <list>

namespace reginfo {

/// Answers, up to a number, beyond which one that nobody has asked for again is forgotten: a flood
/// of names takes no room from those that are used.
class DnsShelf {
public:
    explicit DnsShelf(std::size_t room) : room_(room) {}

    /// Null if it is not there, or older than that.
    SharedAnswer find(TimePoint now, const DnsQuery& query);
    /// Whether it is there, however old.
    bool has(const DnsQuery& query);
    void put(const DnsQuery& query, SharedAnswer answer, TimePoint until);
    void erase(const DnsQuery& query);

private:
    struct Entry {
        DnsQuery query;
        SharedAnswer answer;
        TimePoint until;
        bool is_used = false;
    };
    using Entries = std::list<Entry>;

    void make_room();

    std::size_t room_;
    Entries entries_;  ///< the next to be forgotten first
    boost::unordered_flat_map<DnsQuery, Entries::iterator> by_query_;
};

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
