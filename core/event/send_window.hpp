/// @file
/// How many NOTIFYs may be unanswered towards one next hop, and who is next (DESIGN.md rule 11).
#pragma once

#include "core/event/subscription.hpp"
#include "core/settings.hpp"
#include "core/time.hpp"

#include <boost/intrusive/list.hpp>
#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <cstdint>
#include <list>

namespace reginfo {

using InFlightList = boost::intrusive::list<
    InFlight,
    boost::intrusive::base_hook<InFlightHook>,
    boost::intrusive::constant_time_size<false>>;

/// A congestion window in NOTIFYs, in the manner of TCP's: it grows with each answer while it is
/// in full use, and halves when a NOTIFY must be retransmitted, at most once a T1. It stops growing
/// where answers come later than the emptiest path explains: a queue is filling there, and to
/// wait for its overflow would cost the retransmissions that the window is to avoid.
class SendWindow {
public:
    explicit SendWindow(const Settings::Notify& settings)
        : settings_(settings), limit_(settings.window_initial) {}

    /// As a new one, for another next hop. @pre it is idle
    void restart();

    bool has_room() const { return in_flight_ < static_cast<std::size_t>(limit_); }
    bool is_idle() const { return in_flight_ == 0 && urgent_.empty() && ring_.empty(); }

    /// Lets the subscription wait for room: urgent ones first, then AORs in turn, and within one
    /// those that came first. One that waits already may become urgent.
    void enqueue(Subscription& subscription);

    /// Who has waited longest, in that order; nullptr if nobody does.
    Subscription* pop();

    /// A NOTIFY left.
    void sent(InFlight& notify);
    /// It is answered or given up. Call after answered() or retransmitted(), if one applies.
    void done(InFlight& notify);
    /// A 2xx came after `round_trip`, without retransmission.
    void answered(Duration round_trip);
    void retransmitted(TimePoint now, Duration t1);

    InFlightList& in_flight() { return notifies_; }
    std::size_t in_flight_count() const { return in_flight_; }
    double limit() const { return limit_; }

private:
    struct AorQueue {
        const Aor* aor = nullptr;
        QueueList waiting;
    };

    const Settings::Notify& settings_;
    double limit_;
    bool slow_start_ = true;
    Duration shortest_{Duration::max()};
    TimePoint halved_at_{TimePoint::min()};
    std::size_t in_flight_ = 0;
    InFlightList notifies_;
    QueueList urgent_;
    std::list<AorQueue> ring_;
    boost::unordered_flat_map<const Aor*, std::list<AorQueue>::iterator> by_aor_;
};

}  // namespace reginfo
