/// @file
/// Which next hops have answered, and how little the others get.
#pragma once

#include "core/base/time.hpp"
#include "core/event/notify/hop.hpp"
#include "core/outbox.hpp"

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

namespace reginfo {

/// A subscriber can name any address as its Contact. So that nobody can have a stranger
/// flooded, a next hop that has never answered anything of ours gets no more than kAllowance bytes
/// within any minute, retransmissions included. One message larger than that goes alone.
///
/// Connections that peers made need none of this: their addresses are their own.
class HopTrust {
public:
    static constexpr std::size_t kAllowance = 64'000;
    static constexpr std::size_t kRemembered = 65'536;  ///< hops of each kind; the oldest give way

    explicit HopTrust(std::uint64_t hash_key)
        : answered_(0, HopHash{hash_key}), strangers_(0, HopHash{hash_key}) {}

    /// @param hop  of hop_of()
    bool has_answered(const Flow& hop) const {
        return hop.connection != 0 || answered_.contains(hop);
    }
    void answered(const Flow& hop);

    /// So many bytes are to go to a hop that has not answered. Returns nothing if they may go now,
    /// and counts them; else when to ask again.
    std::optional<TimePoint> wait_for(TimePoint now, const Flow& hop, std::size_t bytes);

    /// They did not leave after all.
    void give_back(const Flow& hop, std::size_t bytes);

private:
    struct Spent {
        TimePoint last_at;
        std::size_t bytes = 0;
    };

    boost::unordered_flat_set<Flow, HopHash> answered_;
    std::deque<Flow> answered_by_age_;
    boost::unordered_flat_map<Flow, Spent, HopHash> strangers_;
    std::deque<Flow> strangers_by_age_;
};

}  // namespace reginfo
