/// @file

#include "core/event/records/dialog_storage.hpp"

#include "core/base/byte_writer.hpp"
#include "core/event/records/aor.hpp"
#include "core/event/records/subscription_store.hpp"

#include <algorithm>
#include <utility>

namespace reginfo {

bool is_owed(const Subscription& subscription) {
    const auto& in_flight = subscription.dialog.in_flight;
    return subscription.due() != Due::nothing ||
           (in_flight && in_flight->subscription == &subscription);
}

std::string dialog_key(const DialogState& dialog) {
    return ByteWriter()
        .text(dialog.call_id())
        .text(dialog.local_tag())
        .text(dialog.remote_tag())
        .take();
}

/// One whose last NOTIFY is due is over for the reader of the record as well.
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
    PendingChanges& changes,
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
    changes.write(dialog.shard, std::move(writes), outbox);
}

}  // namespace reginfo
