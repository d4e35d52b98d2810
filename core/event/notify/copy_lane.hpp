/// @file
/// Retransmissions to one next hop, so many a second.
#pragma once

#include "core/base/time.hpp"
#include "core/event/records/in_flight.hpp"
#include "core/event/watcher/pacing.hpp"

#include <cstdint>
#include <optional>

namespace reginfo {

/// Half of a second's share may leave at once, and the other half within a second: never more than
/// the share within any second, but at least one at a time.
class CopyLane {
public:
    /// When the next one may leave; not after `now` if at once.
    /// @param share  of datagrams, in a second
    TimePoint ready_at(TimePoint now, double share) const;
    void take(TimePoint now, double share);

    /// NOTIFYs whose retransmission waits for the lane, the first one first. One whose transaction
    /// ends leaves by itself.
    void push(InFlight& notify) { waiting_.push_back(notify); }
    InFlight* pop();
    bool is_empty() const { return waiting_.empty(); }

private:
    struct Rate {
        std::uint32_t burst;
        Duration interval;
    };
    static Rate rate_of(double share);

    TokenBucket bucket_;
    boost::intrusive::list<
        InFlight,
        boost::intrusive::base_hook<CopyHook>,
        boost::intrusive::constant_time_size<false>>
        waiting_;
};

}  // namespace reginfo
