#include "core/event/subscribe/fan_out.hpp"

#include "core/event/notify/documents.hpp"
#include "core/event/records/implicit_sets.hpp"

#include <utility>

namespace reginfo {

/// Where the AOR's fan-out is on its way already, it goes on from there, once round all watchers:
/// if it began again at the first one, those at the end would get nothing as long as changes come.
void FanOut::aor_changed(Aor& aor) {
    if (aor.watcher_count == 0) return;
    if (!aor.is_in_fan_out) {
        changed_.push_back(&aor);
        aor.next_notified = aor.watchers.begin();
    }
    aor.is_in_fan_out = true;
    aor.to_notify = aor.watcher_count;
}

void FanOut::notify_all_again(Aor& aor) {
    if (aor.watcher_count == 0) return;
    aor.notifies_all = true;
    aor_changed(aor);
}

/// Whether the watcher has, or the NOTIFY in flight brings it, all that the newest revision changes
/// for it. If that is an older revision, it has the newest one without a NOTIFY.
bool FanOut::has_newest(TimePoint now, Subscription& subscription) {
    const StateSummary& state = subscription.aor().summary();
    const Revision news = newest_of(state, traits_of(subscription.profile).documents);
    const auto& in_flight = subscription.dialog.in_flight;
    if (in_flight && in_flight->subscription == &subscription && in_flight->carried >= news) {
        in_flight->carried = state.revision;
        return true;
    }
    if (subscription.acked < news) return false;
    acknowledgements_.take(now, subscription, state.revision);
    return true;
}

void FanOut::notify_change(TimePoint now, Subscription& subscription, Outbox& outbox) {
    if (moves_.follow(now, subscription, outbox)) return;
    if (has_lost_its_contacts(subscription) && !subscription.dialog.requests.is_locked) {
        scheduler_.terminate(now, subscription, TerminationReason::deactivated, outbox);
    } else {
        scheduler_.notify(now, subscription, false, outbox);
    }
}

bool FanOut::notify_if_behind(TimePoint now, Subscription& subscription, Outbox& outbox) {
    if (moves_.follow(now, subscription, outbox)) return true;
    if (!subscription.is_due() && has_newest(now, subscription)) return false;
    notify_change(now, subscription, outbox);
    return true;
}

void FanOut::forget(Aor& aor) {
    if (!std::exchange(aor.is_in_fan_out, false)) return;
    aor.to_notify = 0;
    aor.notifies_all = false;
    std::erase(changed_, &aor);
}

bool FanOut::run(TimePoint now, std::size_t count, Outbox& outbox) {
    while (count > 0 && !changed_.empty()) {
        Aor& aor = *changed_.front();
        if (!shards_.has(aor.shard)) {
            forget(aor);
            continue;
        }
        WatcherList::iterator& at = aor.next_notified;
        for (; count > 0 && aor.to_notify > 0 && aor.watcher_count > 0; --count) {
            if (at == aor.watchers.end()) at = aor.watchers.begin();
            --aor.to_notify;
            Subscription& subscription = *at++;
            if (subscription.state == Subscription::State::terminated) continue;
            if (!shards_.has(subscription.dialog.shard)) continue;
            if (has_newest(now, subscription) && !aor.notifies_all && !subscription.is_due())
                continue;
            subscription.full_next = subscription.full_next || aor.notifies_all;
            notify_change(now, subscription, outbox);
        }
        changed_.pop_front();
        if (aor.to_notify > 0 && aor.watcher_count > 0) {  // the others go first next time
            changed_.push_back(&aor);
            break;
        }
        aor.is_in_fan_out = false;
        aor.to_notify = 0;
        aor.notifies_all = false;
        unused_aors_.drop_if_unused(aor, outbox);
    }
    return !changed_.empty();
}

}  // namespace reginfo
