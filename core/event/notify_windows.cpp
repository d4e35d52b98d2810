/// @file
/// The windows of next hops: one for each to which a NOTIFY is on its way.

#include "core/event/notify_sender.hpp"

#include <utility>

namespace reginfo {
namespace {

/// Windows that are idle and whose memory is kept for others.
constexpr std::size_t kSpares = 256;

}  // namespace

std::size_t NotifySender::HopHash::operator()(const Flow& flow) const {
    const std::size_t connection = static_cast<std::size_t>(flow.connection) * 0x9e3779b97f4a7c15U;
    return hash_value(flow.peer) ^ connection ^ static_cast<std::size_t>(flow.transport);
}

/// Null if there is none on that way now: then the subscription waits for its turn.
SendWindow* NotifySender::window_with_room(
    TimePoint now,
    Subscription& subscription,
    const Flow& flow,
    Outbox& outbox
) {
    SendWindow& window = window_of(flow);
    if (window.has_room()) return &window;
    if (!static_cast<QueueHook&>(subscription).is_linked()) {
        records_.queued(now, subscription);
        const std::string_view aor = subscription.aor.name;
        records_.tracer.say(
            records_.tracer.current(aor), aor, "NOTIFY waits for a window", flow, outbox
        );
    }
    window.enqueue(subscription);
    return nullptr;
}

/// What was not answered in time was lost, for all that is known.
void NotifySender::lost(TimePoint now, InFlight& in_flight) {
    gauges_.change(*in_flight.window, [&](SendWindow& window) {
        window.retransmitted(now, records_.settings.t1);
    });
}

SendWindow& NotifySender::window_of(const Flow& flow) {
    Flow hop = flow;
    hop.listener = 0;
    auto& window = windows_[hop];
    if (!window) {
        if (spare_windows_.empty()) {
            window = std::make_unique<SendWindow>(records_.settings.notify);
        } else {
            window = std::move(spare_windows_.back());
            spare_windows_.pop_back();
            window->restart();  // the settings may be others now
        }
        gauges_.added(*window);
        maybe_idle_.push_back(hop);  // if what it was asked for takes another way
    }
    return *window;
}

/// Lets those go that waited for room.
void NotifySender::drain(TimePoint now, SendWindow& window, Outbox& outbox) {
    while (window.has_room()) {
        Subscription* next = window.pop();
        if (!next) return;
        records_.unqueued(*next);
        pump(now, next->dialog, outbox);
    }
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
