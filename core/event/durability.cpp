/// @file

#include "core/event/durability.hpp"

#include "core/bytes.hpp"
#include "core/event/implicit_sets.hpp"
#include "core/event/merge.hpp"

#include <algorithm>
#include <utility>

namespace reginfo {
namespace {

/// Something is to be told, now or when it is tried again, or was told and not yet answered.
bool is_owed(const Subscription& subscription) {
    const auto& in_flight = subscription.dialog.in_flight;
    return subscription.due || subscription.extras().retry_at ||
           (in_flight && in_flight->subscription == &subscription);
}

}  // namespace

std::string dialog_key(const DialogState& dialog) {
    return ByteWriter()
        .text(dialog.call_id())
        .text(dialog.local_tag())
        .text(dialog.remote_tag())
        .take();
}

/// One that is over and has still to say so is over for whoever reads the record as well.
SubscriptionRecord record_of(const Subscription& subscription) {
    const bool over = subscription.state == Subscription::State::terminated;
    return {
        .event_id = std::optional<std::string>(subscription.event_id()),
        .aor = subscription.aor().name.string(),
        .aor_text = std::string(subscription.aor_text()),
        .watcher = subscription.watcher,
        .profile = subscription.profile,
        .version = subscription.version,
        .acked = subscription.acked,
        .rates = subscription.rates() ? subscription.rates()->rates() : Rates{},
        .owed = is_owed(subscription),
        .has_accepted = subscription.dialog.has_accepted,
        .deadline = over ? kLongOver : subscription.deadline,
    };
}

DialogRecord exact_record_of(const Dialog& dialog) {
    DialogRecord record{dialog.state, {}};
    for (const auto& subscription : dialog.subscriptions) {
        record.subscriptions.push_back(record_of(*subscription));
    }
    return record;
}

DialogRecord record_of(const Dialog& dialog) {
    DialogRecord record = exact_record_of(dialog);
    record.state.local_cseq += kReservedRange;
    for (SubscriptionRecord& subscription : record.subscriptions) {
        subscription.version += kReservedRange;
    }
    return record;
}

void take_reservation(Dialog& dialog, const DialogRecord& record) {
    dialog.is_stored = !record.subscriptions.empty();
    dialog.cseq_reserved = std::max(dialog.cseq_reserved, record.state.local_cseq);
    for (const SubscriptionRecord& reserved : record.subscriptions) {
        Subscription* subscription = SubscriptionStore::find(dialog, reserved.event_id);
        if (!subscription) continue;
        subscription->version_reserved = std::max(subscription->version_reserved, reserved.version);
    }
}

void store_without_ended(
    Records& records,
    TimePoint now,
    Dialog& dialog,
    DialogRecord& record,
    Outbox& outbox
) {
    if (!dialog.record_lags) return;
    dialog.record_lags = false;
    std::erase_if(record.subscriptions, [&](const SubscriptionRecord& kept) {
        return SubscriptionStore::find(dialog, kept.event_id) == nullptr;
    });
    std::vector<Write> writes{{Bucket::dialog, dialog_key(dialog.state), std::nullopt}};
    if (!record.subscriptions.empty()) writes.back().value = encode(record, now);
    records.commits.begin(std::move(writes), outbox);
}

bool Restorer::restore_aor(std::string_view key, std::string_view value, const RecordTime& time) {
    auto state = decode_aor(key, value, time);
    if (!state) return false;
    Aor& aor = records_.aors.find_or_create(key);
    const auto deadline = next_deadline_of(*state, records_.settings.contact_grace);
    if (!state->members.empty()) records_.identities.update(aor.slot, *state);
    aor.set_state(std::move(*state));
    aor.is_stored = true;
    const StateSummary& summary = aor.summary();
    records_.stats.contacts_active += summary.contacts_active;
    records_.stats.contacts_ended += summary.contacts_ended;
    records_.stats.publications += summary.publications;
    records_.count_aors();
    if (deadline && *deadline <= time.now) {
        records_.missed.push_back({*deadline, aor.slot, Missed::What::aor_expired});
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
    dialog.cseq_reserved = dialog.state.local_cseq;
    for (SubscriptionRecord& kept : record->subscriptions) {
        Aor& aor = records_.aors.find_or_create(kept.aor);
        Subscription& subscription = records_.subscriptions.add(dialog, aor, kept.watcher);
        subscription.name(kept.event_id, kept.aor_text);
        records_.subscriptions.set_profile(subscription, kept.profile);
        subscription.version = kept.version;
        subscription.version_reserved = kept.version;
        subscription.acked = std::min(kept.acked, aor.revision());
        if (subscription.acked < aor.revision()) ++aor.lagging;
        dialog.has_accepted = dialog.has_accepted || kept.has_accepted;
        subscription.due = kept.owed;
        subscription.urgent = kept.owed;
        subscription.deadline = kept.deadline;
        records_.set_rates(time.now, subscription, kept.rates);
        using What = Missed::What;
        const TimePoint until = records_.lives_until(subscription);
        if (until <= time.now) {
            records_.missed.push_back({until, subscription.slot, What::subscription_expired});
            continue;
        }
        records_.subscriptions.expiries.set(subscription, until);
        const bool may_move = traits_of(kept.profile).needs_contact &&
                              !is_registered_in(aor, identity_of(subscription));
        if (kept.owed || subscription.acked < aor.revision() || may_move) {
            records_.missed.push_back({time.now - time.age, subscription.slot, What::untold});
        }
    }
    records_.count_aors();
    records_.subscriptions.measure(dialog);
    return true;
}

}  // namespace reginfo
