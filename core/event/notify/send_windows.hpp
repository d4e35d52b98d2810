/// @file
/// The send windows of all next hops, and who waits for them.
#pragma once

#include "core/base/time.hpp"
#include "core/base/timer_queue.hpp"
#include "core/event/notify/hop.hpp"
#include "core/event/notify/hop_trust.hpp"
#include "core/event/notify/send_window.hpp"
#include "core/event/notify/window_gauges.hpp"
#include "core/event/records/notify_queue.hpp"
#include "core/outbox.hpp"
#include "core/settings.hpp"
#include "core/stats.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace reginfo {

/// One window for each next hop to which a NOTIFY is on its way or waits. A next hop that has never
/// answered gets little (HopTrust).
///
/// Knows when something may leave, not what: a sender asks for room first, and reports the end.
class SendWindows {
public:
    /// @param settings, queue, stats  must outlive this
    SendWindows(
        const Settings& settings,
        NotifyQueue& queue,
        Stats& stats,
        std::uint64_t hops_key,
        std::uint64_t trust_key
    );

    /// That of the flow's next hop, with room for a NOTIFY of such a watcher; nullptr if it is
    /// full.
    SendWindow* with_room(TimePoint now, const Flow& flow, Standing standing);

    /// The subscription waits until there is room in that of the flow's next hop. Returns whether
    /// it did not wait before.
    bool wait(TimePoint now, Subscription& subscription, const Flow& flow);

    /// The dialog's next hop is another one now: nothing of it waits any more.
    void leave(Dialog& dialog);
    /// It is not to be sent any more.
    void leave(Subscription& subscription) { queue_.leave(subscription); }
    bool is_awaited() const { return !queue_.is_empty(); }

    /// Whether so many bytes may go now to the window's next hop, which may not have answered yet;
    /// then they count. If not, nothing leaves through the window until they may.
    bool may_go(TimePoint now, SendWindow& window, std::size_t bytes, Outbox& outbox) {
        return window.is_hop_known() || may_go_to_stranger(now, window, bytes, outbox);
    }
    /// The same for a copy of a NOTIFY, which is left out if it may not.
    bool may_repeat(TimePoint now, const InFlight& notify, Outbox& outbox);
    /// They did not leave.
    void did_not_leave(const Flow& flow, std::size_t bytes) {
        trust_.give_back(hop_of(flow), bytes);
    }

    /// A NOTIFY leaves through its window.
    void sent(TimePoint now, InFlight& notify) { notify.window->sent(now, notify); }
    /// A response came. Returns whether it is the first one from that next hop.
    bool answered(TimePoint now, InFlight& notify, int status);
    /// No response came within T1.
    void late(TimePoint now, InFlight& notify);
    /// It is answered or given up.
    void done(InFlight& notify);

    /// Whether a copy may leave now; then it counts. If not, next_copy() gives the NOTIFY later.
    bool may_copy(TimePoint now, InFlight& notify);

    /// A NOTIFY whose copy may leave now, and a subscription for which there is room; nullptr if
    /// there is none. The subscription does not wait any more.
    InFlight* next_copy(TimePoint now, SendWindow& window) { return window.next_copy(now); }
    Subscription* next_waiting(TimePoint now, SendWindow& window);

    /// The next window whose time has come; nullptr if there is none.
    SendWindow* pop_expired(TimePoint now);
    void arm(TimePoint now, SendWindow& window) { timers_.set(window, window.next_deadline(now)); }
    /// pop_expired() has it soon.
    void wake(TimePoint now, SendWindow& window) { timers_.set(window, now); }
    /// Nobody waits for the window any more: forget_idle() checks whether it is needed.
    void note_if_idle(const SendWindow& window) {
        if (window.is_idle()) maybe_idle_.push_back(window.hop);
    }
    std::optional<TimePoint> next_deadline() const { return timers_.next_deadline(); }

    /// Forgets the windows that nothing needs any more: pointers to them end here.
    void forget_idle();

    /// Calls visit(notify) for each NOTIFY that is in flight to the flow's next hop.
    template <class Visitor>
    void for_each_in_flight(const Flow& flow, Visitor visit) const {
        const auto at = windows_.find(hop_of(flow));
        if (at != windows_.end()) at->second->for_each_in_flight(visit);
    }

    const WindowGauges& gauges() const { return gauges_; }

private:
    bool may_go_to_stranger(TimePoint now, SendWindow& window, std::size_t bytes, Outbox& outbox);
    std::optional<TimePoint> wait_for_trust(
        TimePoint now,
        const SendWindow& window,
        std::size_t bytes,
        Outbox& outbox
    );
    SendWindow& of(const Flow& flow);
    std::unique_ptr<SendWindow> unused_window();

    const Settings& settings_;
    NotifyQueue& queue_;
    Stats& stats_;
    boost::unordered_flat_map<Flow, std::unique_ptr<SendWindow>, HopHash> windows_;
    TimerQueue<SendWindow, &SendWindow::timer> timers_;
    WindowGauges gauges_;
    HopTrust trust_;
    std::vector<Flow> maybe_idle_;  ///< keys of windows_ that were empty at some time of this turn
    std::vector<std::unique_ptr<SendWindow>> spare_;
};

}  // namespace reginfo
