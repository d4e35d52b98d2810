/// @file
/// The windows of next hops, one for each to which a NOTIFY is on its way, and what may leave by
/// them: NOTIFYs, their copies, and little to strangers.

#include "core/bounds.hpp"
#include "core/event/notify_sender.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

namespace reginfo {
namespace {

/// Windows that are idle and whose memory is kept for others.
constexpr std::size_t kSpares = 256;

}  // namespace

/// Null if there is none on that way now: then the subscription waits for its turn.
SendWindow* NotifySender::window_with_room(
    TimePoint now,
    Subscription& subscription,
    const Flow& flow,
    Outbox& outbox
) {
    SendWindow& window = window_of(flow);
    const Standing standing = subscription.dialog.standing;
    if (window.has_room(now, standing)) return &window;
    gauges_.change(window, [&](SendWindow& full) { full.release_late(now); });
    if (window.has_room(now, standing)) return &window;
    wait(now, subscription, window, outbox);
    return nullptr;
}

void NotifySender::wait(
    TimePoint now,
    Subscription& subscription,
    SendWindow& window,
    Outbox& outbox
) {
    if (!static_cast<QueueHook&>(subscription).is_linked()) {
        records_.queued(now, subscription);
        const std::string_view aor = subscription.aor().name;
        records_.tracer.say(
            records_.tracer.current(aor), aor, "NOTIFY waits for a window", window.hop, outbox
        );
    }
    window.enqueue(subscription);
    arm(window, now);
    arm(now, subscription.dialog);
}

void NotifySender::trust(SendWindow& window) {
    window.set_hop_known();
    trust_.answered(window.hop);
}

void NotifySender::subscribed(Dialog& dialog) {
    if (dialog.standing == Standing::suspect) dialog.standing = Standing::fresh;
    if (dialog.in_flight) dialog.in_flight->was_late = true;
}

/// Its next hop is another one now.
void NotifySender::leave_queues(Dialog& dialog) {
    for (const auto& subscription : dialog.subscriptions) {
        auto& hook = static_cast<QueueHook&>(*subscription);
        if (!hook.is_linked()) continue;
        hook.unlink();
        records_.unqueued(*subscription);
    }
}

/// A response came that is no 503. A 408 is a proxy's, after a timer of its own, and a provisional
/// one may be.
void NotifySender::heard(TimePoint now, InFlight& in_flight, int status) {
    if (status < 200 || status == 408) return in_flight.window->heard();
    gauges_.change(*in_flight.window, [&](SendWindow& window) { window.answered(now, in_flight); });
}

/// There was no response for T1.
void NotifySender::late(TimePoint now, InFlight& in_flight) {
    if (!std::exchange(in_flight.was_late, true)) {
        in_flight.subscription->dialog.standing = Standing::suspect;
    }
    gauges_.change(*in_flight.window, [&](SendWindow& window) { window.late(now, in_flight); });
}

SendWindow& NotifySender::window_of(const Flow& flow) {
    const Flow hop = hop_of(flow);
    auto& window = windows_[hop];
    if (!window) {
        if (spare_windows_.empty()) {
            window = std::make_unique<SendWindow>(records_.settings);
        } else {
            window = std::move(spare_windows_.back());
            spare_windows_.pop_back();
            window->restart();  // the settings may be others now
        }
        window->hop = hop;
        if (trust_.has_answered(hop)) window->set_hop_known();
        gauges_.added(*window);
        maybe_idle_.push_back(hop);  // if what it was asked for takes another way
    }
    return *window;
}

/// Lets those go that waited for room.
void NotifySender::drain(TimePoint now, SendWindow& window, Outbox& outbox) {
    if (!window.is_awaited()) return;
    for (bool any = true; any;) {
        InFlight* const copy = window.next_copy(now);
        if (copy && copy->timeout_at > now) {  // else timer F is about to end it
            send_again(now, *copy, outbox);
            arm(now, copy->subscription->dialog);
        }
        Subscription* const next = window.pop(now);
        if (next) {
            records_.unqueued(*next);
            pump(now, next->dialog, outbox);
        }
        any = copy || next;
    }
    arm(window, now);
}

void NotifySender::handle_windows(TimePoint now, std::size_t count, Outbox& outbox) {
    for (; count > 0; --count) {
        SendWindow* const window = window_timers_.pop_expired(now);
        if (!window) return;
        gauges_.change(*window, [&](SendWindow& awaited) { awaited.release_late(now); });
        drain(now, *window, outbox);
        if (window->is_idle()) maybe_idle_.push_back(window->hop);
    }
}

/// The time left that a NOTIFY told counts for the watcher from when it came: by a copy, or over a
/// connection that was long in the making. No later than now.
void NotifySender::outlast(TimePoint now, const InFlight& in_flight) {
    constexpr Duration kPrompt = std::chrono::milliseconds{500};
    const Duration late = now - in_flight.sent_at;
    const bool is_active = in_flight.subscription->state == Subscription::State::active;
    if (late < kPrompt || !is_active || in_flight.terminates) return;
    Subscription& subscription = *in_flight.subscription;
    records_.subscriptions.expiries.set(subscription, records_.lives_until(subscription) + late);
}

void NotifySender::drop_untold(TimePoint now, Subscription& subscription, Outbox& outbox) {
    Dialog& dialog = subscription.dialog;
    if (dialog.in_flight && dialog.in_flight->subscription == &subscription) {
        // One that has just left may still be answered, and nothing else of the dialog leaves
        // before.
        const TimePoint answer_by = dialog.in_flight->sent_at + records_.settings.t1;
        if (now < answer_by) return records_.subscriptions.expiries.set(subscription, answer_by);
        dialog.in_flight->terminates = true;
        finish(now, dialog, NotifyOutcome::timed_out, outbox);
    } else {
        remove_failed(now, dialog, subscription, outbox);
    }
}

/// Timer E (RFC 3261 §17.1.2.2), as far as the next hop's lane is free.
void NotifySender::retransmit(TimePoint now, InFlight& in_flight, Outbox& outbox) {
    if (in_flight.window->may_copy(now, in_flight)) {
        send_again(now, in_flight, outbox);
    } else {
        in_flight.retransmit_at = TimePoint::max();
        arm(*in_flight.window, now);
    }
}

/// The dialog's timer is for the caller to set.
void NotifySender::send_again(TimePoint now, InFlight& in_flight, Outbox& outbox) {
    const Settings& settings = records_.settings;
    in_flight.interval =
        in_flight.proceeding ? settings.t2 : std::min(2 * in_flight.interval, settings.t2);
    in_flight.retransmit_at = now + in_flight.interval;
    const std::size_t bytes = in_flight.head.size() + (in_flight.tail ? in_flight.tail->size() : 0);
    if (wait_for_trust(now, *in_flight.window, in_flight.flow, bytes, outbox)) return;
    in_flight.last_sent_at = now;
    if (in_flight.copies < std::numeric_limits<std::uint8_t>::max()) ++in_flight.copies;
    ++records_.stats.retransmissions_sent;
    send_copy(in_flight, outbox);
}

/// Nothing if the next hop has answered before, or so many bytes may go to a stranger now.
std::optional<TimePoint> NotifySender::wait_for_trust(
    TimePoint now,
    const SendWindow& window,
    const Flow& flow,
    std::size_t bytes,
    Outbox& outbox
) {
    if (window.is_hop_known()) return std::nullopt;
    const std::optional<TimePoint> until = trust_.wait_for(now, hop_of(flow), bytes);
    if (until) note_refusal(Bound::unanswered_hop, {}, flow, records_.stats, outbox);
    return until;
}

void NotifySender::forget_idle_windows() {
    for (const Flow& hop : maybe_idle_) {
        const auto at = windows_.find(hop);
        if (at == windows_.end() || !at->second->is_idle()) continue;
        gauges_.removed(*at->second);
        if (spare_windows_.size() < kSpares) {
            at->second->restart();
            spare_windows_.push_back(std::move(at->second));
        }
        windows_.erase(at);
    }
    maybe_idle_.clear();
}

}  // namespace reginfo
