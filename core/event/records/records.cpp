#include "core/event/records/records.hpp"

#include "core/event/records/dialog_storage.hpp"
#include "core/event/records/implicit_sets.hpp"
#include "core/event/state/merge.hpp"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

namespace reginfo {

Records::Records(
    const Settings& settings_,
    Stats& stats_,
    PendingChanges& changes_,
    const Keys& keys
)
    : settings(settings_),
      stats(stats_),
      changes(changes_),
      aors(keys.aors, settings_.limits.open_states, settings_.hash_seed),
      subscriptions(keys.dialogs, stats_),
      identities(keys.identities),
      unsettled(aors, subscriptions, changes_, shards, settings_.hash_seed) {}

void Records::remove(TimePoint now, Subscription& subscription, Outbox& outbox) {
    Aor& aor = subscription.aor();
    assert(!subscription.is_queued());
    set_stray(subscription, false);
    observe(now, subscription, SubscriptionEvent::ended);
    Dialog& dialog = subscription.dialog;
    const bool last = dialog.subscriptions.size() == 1;
    assert(!last || !dialog.requests.waiting);
    const bool stored = settings.durable && dialog.is_stored;
    const Shard shard = dialog.shard;
    std::vector<Write> writes;
    if (stored && last) writes.push_back({Bucket::dialog, dialog_key(dialog.state), {}});
    if (dialog.is_unsettled && last) writes.push_back(unsettled.removal_of(dialog.state));
    subscriptions.remove(subscription);
    if (!last) {
        dialog.is_settling = false;
        unsettled.told(now, dialog);
    }
    look_whether_settled(now, aor);
    if (stored && !last && dialog.requests.is_locked) {
        dialog.record_lags = true;  // a record from now would undo what is being stored
    } else if (stored && !last) {
        writes.push_back({Bucket::dialog, dialog_key(dialog.state), encode(record_of(dialog), now)}
        );
    }
    if (!writes.empty()) changes.write(shard, std::move(writes), outbox);
    drop_if_unused(aor, outbox);
}

void Records::acknowledge(TimePoint now, Subscription& subscription, Revision revision) {
    Aor& aor = subscription.aor();
    if (!aor.acknowledge(subscription, revision)) return;
    look_whether_settled(now, aor);
    if (aor.lagging() > 0 || aor.requests.is_locked) return;
    const StateSummary before = aor.summary();
    if (before.contacts_ended == 0 && !before.others_ended) return;
    AorState state = aor.state().release();
    Merge(aor.name, state, Duration{0})
        .forget_ended(aor.revision(), std::numeric_limits<std::size_t>::max());
    aor.set_state(std::move(state));
    stats.contacts_ended -= before.contacts_ended - aor.summary().contacts_ended;
}

void Records::set_rates(TimePoint now, Subscription& subscription, const Rates& wanted) const {
    const Rates rates = granted(
        wanted,
        {
            .max_rate_interval = settings.notify.max_rate_interval,
            .min_rate_interval =
                std::max(settings.notify.min_rate_interval, settings.notify.min_interval),
            .expires =
                std::max(std::chrono::floor<Seconds>(subscription.deadline - now), Seconds{1}),
        }
    );
    const RateControl* const before = subscription.rates();
    if ((before ? before->rates() : Rates{}) == rates) return;
    const TimePoint last = before ? before->last_sent() : now;
    subscription.set_extras().rates =
        rates.any() ? std::make_unique<RateControl>(rates, last) : nullptr;
}

void Records::set_terminated(TimePoint now, Subscription& subscription, TerminationReason reason) {
    if (subscription.state == Subscription::State::terminated) return;
    subscription.state = Subscription::State::terminated;
    subscription.reason = reason;
    observe(now, subscription, SubscriptionEvent::terminating);
    subscriptions.expiries.set(subscription, now + 64 * settings.t1);
}

void Records::set_stray(Subscription& subscription, bool is_stray) {
    if (subscription.is_stray == is_stray) return;
    subscription.is_stray = is_stray;
    const std::uint64_t identity = identities.key_of(identity_of(subscription));
    is_stray ? strays.add(identity, subscription.slot) : strays.remove(identity, subscription.slot);
}

void Records::forget(TimePoint now, Dialog& dialog) {
    const Shard shard = dialog.shard;
    for (std::size_t left = dialog.subscriptions.size(); left > 0; --left) {
        Subscription& subscription = *dialog.subscriptions.front();
        Aor& aor = subscription.aor();
        set_stray(subscription, false);
        subscriptions.remove(subscription);
        if (aor.shard != shard) watcher_left(now, aor);
    }
}

void Records::watcher_left(TimePoint now, Aor& aor) {
    look_whether_settled(now, aor);
    if (!aor.is_unused()) return;
    if (shards.has(aor.shard)) {
        aor_timers.set(aor, now);
    } else if (!aor.is_stored) {
        erase(aor);
    }
}

void Records::forget(Aor& aor) {
    stats.publications -= aor.summary().publications;
    const bool is_needed = aor.watcher_count > 0 || aor.arriving > 0;
    if (!is_needed) return erase(aor);
    uncount(aor);
    for (Subscription& watcher : aor.watchers) {
        const auto& in_flight = watcher.dialog.in_flight;
        if (in_flight && in_flight->subscription == &watcher) in_flight->carried = 0;
    }
    aor.forget();
}

/// What it counts for in gauges and tables, but for publications.
void Records::uncount(Aor& aor) {
    if (aor.summary().has_members) identities.forget(aor.slot);
    stats.contacts_active -= aor.summary().contacts_active;
    stats.contacts_ended -= aor.summary().contacts_ended;
}

void Records::erase(Aor& aor) {
    uncount(aor);
    aors.erase(aor);
    stats.aors = aors.size();
}

Aor& Records::find_or_create(std::string_view name) {
    Aor& aor = aors.find_or_create(name);
    stats.aors = aors.size();
    return aor;
}

void Records::drop_if_unused(Aor& aor, Outbox& outbox) {
    if (!aor.is_unused()) return;
    std::vector<Write> writes;
    if (settings.durable && aor.is_stored) {
        writes.push_back({Bucket::aor, aor.name.string(), std::nullopt});
    }
    if (aor.is_unsettled) writes.push_back(unsettled.removal_of(aor));
    if (!writes.empty()) changes.write(aor.shard, std::move(writes), outbox);
    erase(aor);
}

}  // namespace reginfo
