#include "core/event/records/restorer.hpp"

#include "core/event/persistence/aor_record.hpp"
#include "core/event/records/dialog_storage.hpp"
#include "core/event/records/implicit_sets.hpp"
#include "core/event/state/aor_state.hpp"

#include <algorithm>
#include <utility>

namespace reginfo {

bool Restorer::restore_aor(std::string_view key, std::string_view value, const RecordTime& time) {
    auto state = decode_aor(key, value, time);
    if (!state) return false;
    Aor& aor = records_.find_or_create(key);
    const auto deadline = next_deadline_of(*state, records_.settings.contact_grace);
    if (!state->members.empty()) records_.identities.update(aor.slot, *state);
    aor.set_state(std::move(*state));
    aor.is_stored = true;
    aor.is_unsettled = records_.unsettled.was_unsettled(aor);
    const StateSummary& summary = aor.summary();
    records_.stats.contacts_active += summary.contacts_active;
    records_.stats.contacts_ended += summary.contacts_ended;
    records_.stats.publications += summary.publications;
    if (deadline && *deadline <= time.now) {
        missed_.push_back({*deadline, aor.slot, Missed::What::aor_expired});
    } else {
        records_.aor_timers.set(aor, deadline);
    }
    return true;
}

/// The configuration may have changed: then one of the same transport takes over.
std::optional<ListenerId> Restorer::listener_like(const Flow& flow) const {
    const auto& listeners = records_.settings.listeners;
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
    const RecordTime& time
) {
    auto record = decode_dialog(value, time);
    if (!record || record->subscriptions.empty()) return false;
    if (dialog_key(record->state) != key) return false;  // else two records could be one dialog
    Flow& flow = record->state.flow;
    const std::optional<ListenerId> listener = listener_like(flow);
    if (!listener) return false;
    flow.listener = *listener;
    Dialog& dialog = records_.subscriptions.add(std::move(record->state));
    dialog.is_stored = true;
    dialog.is_unsettled = records_.unsettled.was_unsettled(dialog.state);
    dialog.cseq_reserved = dialog.state.local_cseq;
    for (SubscriptionRecord& kept : record->subscriptions) {
        Aor& aor = records_.find_or_create(kept.aor);
        Subscription& subscription = records_.subscriptions.add(dialog, aor, kept.watcher);
        subscription.name(kept.event_id, kept.aor_text);
        records_.subscriptions.set_profile(subscription, kept.profile);
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
        records_.set_rates(time.now, subscription, kept.rates);
        using What = Missed::What;
        const TimePoint until = records_.lives_until(subscription);
        if (until <= time.now) {
            missed_.push_back({until, subscription.slot, What::subscription_expired});
            continue;
        }
        records_.subscriptions.expiries.set(subscription, until);
        const bool may_move = traits_of(kept.profile).needs_contact &&
                              !is_registered_in(aor, identity_of(subscription));
        if (is_owed || subscription.acked < aor.revision() || may_move) {
            missed_.push_back({time.now - time.age, subscription.slot, What::notify});
        }
    }
    records_.subscriptions.measure(dialog);
    return true;
}

}  // namespace reginfo
