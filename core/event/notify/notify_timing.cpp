#include "core/event/notify/notify_timing.hpp"

#include <algorithm>

namespace reginfo {

Subscription* NotifyTiming::next_due(TimePoint now, Dialog& dialog) const {
    Subscription* next = nullptr;
    for (const auto& candidate : dialog.subscriptions) {
        const bool wakes = !dialog.in_flight && wake_at(*candidate);
        if (!candidate->is_due() && !wakes) continue;
        if (candidate->is_urgent()) return candidate.get();
        if (!next || ready_at(now, *candidate) < ready_at(now, *next)) next = candidate.get();
    }
    return next;
}

/// When a NOTIFY is sent although nothing is new; nothing if never.
std::optional<TimePoint> NotifyTiming::wake_at(const Subscription& subscription) {
    if (subscription.due() == Due::again) return subscription.extras().retry_at;
    if (!subscription.rates() || subscription.state == Subscription::State::terminated) return {};
    return subscription.rates()->wake_at();
}

TimePoint NotifyTiming::ready_at(TimePoint now, const Subscription& subscription) const {
    if (subscription.is_urgent()) return now;
    const Settings::Notify& notify = settings_.notify;
    TimePoint at = std::max(
        subscription.pace.ready_at(now, notify.burst, notify.min_interval),
        subscription.extras().not_before
    );
    if (const auto* rates = subscription.rates()) at = std::max(at, rates->earliest());
    return subscription.is_due() ? at : std::max(at, wake_at(subscription).value_or(at));
}

TimePoint NotifyTiming::supersede_at(
    TimePoint now,
    const InFlight& in_flight,
    const Subscription& next
) const {
    Duration patience = settings_.notify.supersede_after;
    if (in_flight.subscription->profile == Profile::kamailio) {
        patience = settings_.notify.supersede_after_kamailio;
    } else if (next.is_urgent() && &next == in_flight.subscription) {
        // A SUBSCRIBE is followed by a NOTIFY immediately (RFC 6665 §4.2.1.2); an answer to the old
        // one has T1 to come.
        patience = std::min(patience, settings_.t1);
    }
    return std::max(in_flight.sent_at + patience, ready_at(now, next));
}

void NotifyTiming::sent(TimePoint now, Subscription& subscription) const {
    if (!subscription.is_urgent()) {
        subscription.pace.take(now, settings_.notify.burst, settings_.notify.min_interval);
    }
    if (RateControl* const rates = subscription.rates()) rates->sent(now);
}

}  // namespace reginfo
