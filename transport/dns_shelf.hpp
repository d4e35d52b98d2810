/// @file
/// Answers of the DNS, as many as there is room for.
#pragma once

#include "core/base/time.hpp"
#include "transport/dns_client.hpp"
#include "transport/next_hops.hpp"

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

}  // namespace reginfo
