/// @file
/// A change of an AOR becomes NOTIFYs.

#include "core/event/notifier.hpp"

#include <algorithm>

namespace reginfo {

void Notifier::aor_changed(Aor& aor) {
    if (aor.watcher_count == 0) return;
    if (!aor.is_telling) fan_outs_.push_back(&aor);
    aor.is_telling = true;
    aor.next_told = aor.watchers.begin();
}

void Notifier::tell_again(Aor& aor) {
    if (aor.watcher_count == 0) return;
    aor.tell_all = true;
    aor_changed(aor);
}

/// Whether the watcher has, or is being told, all that the newest revision shows it. If that is an
/// older revision, it has the newest without a NOTIFY.
bool Notifier::knows_news(Subscription& subscription) {
    const StateSummary& state = subscription.aor.summary();
    const Revision news = newest_of(state, traits_of(subscription.profile).documents);
    auto& in_flight = subscription.dialog.in_flight;
    if (in_flight && in_flight->subscription == &subscription && in_flight->carried >= news) {
        in_flight->carried = state.revision;
        return true;
    }
    if (subscription.acked < news) return false;
    records_.acknowledge(subscription, state.revision);
    return true;
}

/// Whether the subscription ends because nothing that it is about is registered any more.
bool Notifier::is_over(const Subscription& subscription) {
    const Aor& aor = subscription.aor;
    if (!traits_of(subscription.profile).needs_contact || aor.summary().contacts_active > 0) {
        return false;
    }
    if (!aor.summary().has_members) return true;
    const StateReader state = aor.state();
    return std::none_of(state->members.begin(), state->members.end(), [](const SetMember& member) {
        return member.state.has_active_contact();
    });
}

/// The AOR has news, which may be the last.
void Notifier::tell_change(TimePoint now, Subscription& subscription, Outbox& outbox) {
    if (is_over(subscription) && !subscription.dialog.turnstile.locked) {
        sender_.terminate(now, subscription, TerminationReason::deactivated, outbox);
    } else {
        sender_.notify(now, subscription, false, outbox);
    }
}

bool Notifier::tell_if_untold(TimePoint now, Subscription& subscription, Outbox& outbox) {
    if (!subscription.due && knows_news(subscription)) return false;
    tell_change(now, subscription, outbox);
    return true;
}

bool Notifier::run(TimePoint now, std::size_t count, Outbox& outbox) {
    while (count > 0 && !fan_outs_.empty()) {
        Aor& aor = *fan_outs_.front();
        WatcherList::iterator& at = aor.next_told;
        for (; count > 0 && at != aor.watchers.end(); --count) {
            Subscription& subscription = *at++;
            if (subscription.state == Subscription::State::terminated) continue;
            if (knows_news(subscription) && !aor.tell_all && !subscription.due) continue;
            subscription.full_next = subscription.full_next || aor.tell_all;
            tell_change(now, subscription, outbox);
        }
        fan_outs_.pop_front();
        if (at != aor.watchers.end()) {  // the others go first next time
            fan_outs_.push_back(&aor);
            break;
        }
        aor.is_telling = false;
        aor.tell_all = false;
        records_.drop_if_unused(aor, outbox);
    }
    return !fan_outs_.empty();
}

}  // namespace reginfo
