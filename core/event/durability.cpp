/// @file

#include "core/event/durability.hpp"

#include "core/bytes.hpp"
#include "core/event/merge.hpp"

#include <algorithm>
#include <utility>

namespace reginfo {

std::string dialog_key(const DialogState& dialog) {
    return ByteWriter().text(dialog.call_id).text(dialog.local_tag).text(dialog.remote_tag).take();
}

SubscriptionRecord record_of(const Subscription& subscription) {
    return {
        .event_id = subscription.event_id,
        .aor = subscription.aor.name,
        .aor_text = subscription.aor_text,
        .watcher = subscription.watcher,
        .profile = subscription.profile,
        .version = subscription.version,
        .acked = subscription.acked,
        .deadline = subscription.deadline,
    };
}

DialogRecord exact_record_of(const Dialog& dialog) {
    DialogRecord record{dialog.state, {}};
    for (const auto& subscription : dialog.subscriptions) {
        if (subscription->state == Subscription::State::terminated) continue;
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
    dialog.is_stored = true;
    dialog.cseq_reserved = std::max(dialog.cseq_reserved, record.state.local_cseq);
    for (const SubscriptionRecord& reserved : record.subscriptions) {
        Subscription* subscription = SubscriptionStore::find(dialog, reserved.event_id);
        if (!subscription) continue;
        subscription->version_reserved = std::max(subscription->version_reserved, reserved.version);
    }
}

bool Restorer::restore_aor(std::string_view key, std::string_view value, const RecordTime& time) {
    auto state = decode_aor(value, time);
    if (!state) return false;
    Aor& aor = records_.aors.find_or_create(key);
    aor.state = std::move(*state);
    aor.is_stored = true;
    for (const ContactState& contact : aor.state.contacts) {
        ++(contact.active ? records_.stats.contacts_active : records_.stats.contacts_ended);
    }
    records_.stats.publications += aor.state.publications.size();
    records_.count_aors();
    const Merge merge(aor.name, aor.state, records_.settings.contact_grace);
    aor.timer.set(records_.aor_timers, merge.next_deadline(), &aor);
    return true;
}

bool Restorer::restore_dialog(std::string_view value, const RecordTime& time) {
    auto record = decode_dialog(value, time);
    if (!record || record->state.flow.listener >= records_.settings.listeners.size()) {
        return false;
    }
    Dialog& dialog = records_.subscriptions.add(std::move(record->state));
    dialog.is_stored = true;
    dialog.cseq_reserved = dialog.state.local_cseq;
    for (SubscriptionRecord& kept : record->subscriptions) {
        Aor& aor = records_.aors.find_or_create(kept.aor);
        Subscription& subscription = records_.subscriptions.add(dialog, aor, kept.watcher);
        subscription.event_id = std::move(kept.event_id);
        subscription.aor_text = std::move(kept.aor_text);
        subscription.profile = kept.profile;
        subscription.version = kept.version;
        subscription.version_reserved = kept.version;
        subscription.acked = std::min(kept.acked, aor.state.revision);
        if (subscription.acked < aor.state.revision) ++aor.lagging;
        subscription.deadline = kept.deadline;
        subscription.timer.set(
            records_.subscriptions.expiries, subscription.deadline, &subscription
        );
    }
    records_.count_aors();
    return true;
}

}  // namespace reginfo
