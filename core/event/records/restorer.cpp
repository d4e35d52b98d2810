#include "core/event/records/restorer.hpp"

#include "core/event/persistence/aor_record.hpp"
#include "core/event/records/dialog_storage.hpp"
#include "core/event/records/grants.hpp"
#include "core/event/records/implicit_sets.hpp"
#include "core/event/state/aor_state.hpp"

#include <algorithm>
#include <utility>

namespace reginfo {

bool Restorer::restore_aor(std::string_view key, std::string_view value, const RecordTime& time) {
    auto state = decode_aor(key, value, time);
    if (!state) return false;
    Aor& aor = aors_.find_or_create(key);
    const auto deadline = next_deadline_of(*state, settings_.contact_grace);
    if (!state->members.empty()) aors_.identities.update(aor.slot, *state);
    aor.set_state(std::move(*state));
    if (aor.revision() > 0) aor.all_lag();  // who watches it already is of another shard
    aor.is_stored = true;
    aor.is_unsettled = unsettled_.was_unsettled(aor);
    const StateSummary& summary = aor.summary();
    stats_.contacts_active += summary.contacts_active;
    stats_.contacts_ended += summary.contacts_ended;
    stats_.publications += summary.publications;
    if (deadline) arm(time.now, aor.shard, {*deadline, aor.slot, Missed::What::aor_expired});
    return true;
}

void Restorer::arm(TimePoint now, Shard shard, const Missed& one) {
    shards_.has(shard) ? arm(now, one) : still_[shard].push_back(one);
}

/// @param one  may be in the future
void Restorer::arm(TimePoint now, const Missed& one) {
    using What = Missed::What;
    if (one.what == What::notify || one.since <= now) {
        missed_.push_back(one);
    } else if (one.what == What::aor_expired) {
        aors_.timers.set(*aors_.slots().at(one.slot), one.since);
    } else {
        subscriptions_.expiries.set(*subscriptions_.slots().at(one.slot), one.since);
    }
}

void Restorer::open(TimePoint now, Shard shard) {
    if (const auto at = still_.find(shard); at != still_.end()) {
        for (const Missed& one : at->second) arm(now, one);
        still_.erase(at);
    }
    aors_.for_each_in(shard, [&](Aor& aor) { tell_watchers_elsewhere(now, aor); });
}

/// A dialog is in the shard of the identity that it is to, which may be registered in the set of an
/// AOR of another shard.
void Restorer::tell_watchers_elsewhere(TimePoint now, Aor& aor) {
    if (aor.lagging() == 0) return;
    for (const Subscription& watcher : aor.watchers) {
        if (watcher.dialog.shard == aor.shard) continue;
        missed_.push_back({now, watcher.slot, Missed::What::notify});
    }
}

/// The configuration may have changed: then one of the same transport takes over.
std::optional<ListenerId> Restorer::listener_like(const Flow& flow) const {
    const auto& listeners = settings_.listeners;
    const auto fits = [&](std::size_t id) { return listeners[id].transport == flow.transport; };
    if (flow.listener < listeners.size() && fits(flow.listener)) return flow.listener;
    for (std::size_t id = 0; id < listeners.size(); ++id) {
        if (fits(id)) return static_cast<ListenerId>(id);
    }
    if (listeners.empty()) return std::nullopt;
    return ListenerId{0};
}

bool Restorer::restore_dialog(
    std::string_view key,
    std::string_view value,
    const RecordTime& time,
    std::optional<Shard> shard
) {
    auto record = decode_dialog(value, time);
    if (!record || record->subscriptions.empty()) return false;
    if (dialog_key(record->state) != key) return false;  // else two records could be one dialog
    Flow& flow = record->state.flow;
    const std::optional<ListenerId> listener = listener_like(flow);
    if (!listener) return false;
    flow.listener = *listener;
    Dialog& dialog = subscriptions_.add(std::move(record->state));
    dialog.shard = shard.value_or(dialog.shard);
    dialog.is_stored = true;
    dialog.is_unsettled = unsettled_.was_unsettled(dialog);
    dialog.cseq_reserved = dialog.state.local_cseq;
    for (SubscriptionRecord& kept : record->subscriptions) {
        Aor& aor = aors_.find_or_create(kept.aor);
        Subscription& subscription = subscriptions_.add(dialog, aor, kept.watcher);
        subscription.name(kept.event_id, kept.aor_text);
        subscriptions_.set_profile(subscription, kept.profile);
        subscription.version = kept.version;
        subscription.version_reserved = kept.version;
        // The record of a dialog is older than what its watcher has answered since.
        subscription.acked =
            aor.is_unsettled ? std::min(kept.acked, aor.revision()) : aor.revision();
        const bool is_owed = kept.owed && dialog.is_unsettled;
        aor.joined(subscription);
        dialog.has_accepted = dialog.has_accepted || kept.has_accepted;
        if (is_owed) subscription.set_urgent();
        subscription.deadline = kept.deadline;
        set_rates(settings_, time.now, subscription, kept.rates);
        using What = Missed::What;
        const TimePoint until = lives_until(settings_, subscription);
        arm(time.now, dialog.shard, {until, subscription.slot, What::subscription_expired});
        if (until <= time.now) continue;
        const bool may_move = traits_of(kept.profile).needs_contact &&
                              !is_registered_in(aor, identity_of(subscription));
        if (is_owed || subscription.acked < aor.revision() || may_move) {
            const TimePoint since = time.now - time.age;
            arm(time.now, dialog.shard, {since, subscription.slot, What::notify});
        }
    }
    subscriptions_.measure(dialog);
    return true;
}

}  // namespace reginfo
