#include "core/event/records/subscription_ends.hpp"

#include "core/event/records/dialog_storage.hpp"

#include <cassert>
#include <cstddef>
#include <utility>
#include <vector>

namespace reginfo {

void SubscriptionEnds::set_terminated(
    TimePoint now,
    Subscription& subscription,
    TerminationReason reason
) {
    if (subscription.state == Subscription::State::terminated) return;
    subscription.state = Subscription::State::terminated;
    subscription.reason = reason;
    parts_.observer.subscription_changed(now, subscription, SubscriptionEvent::terminating);
    parts_.subscriptions.expiries.set(subscription, now + 64 * parts_.settings.t1);
}

void SubscriptionEnds::remove(TimePoint now, Subscription& subscription, Outbox& outbox) {
    Aor& aor = subscription.aor();
    assert(!subscription.is_queued());
    parts_.strays.set(subscription, false);
    parts_.observer.subscription_changed(now, subscription, SubscriptionEvent::ended);
    Dialog& dialog = subscription.dialog;
    const bool last = dialog.subscriptions.size() == 1;
    assert(!last || !dialog.requests.waiting);
    const bool stored = parts_.settings.durable && dialog.is_stored;
    const Shard shard = dialog.shard;
    std::vector<Write> writes;
    if (stored && last) writes.push_back({Bucket::dialog, dialog_key(dialog.state), {}});
    if (dialog.is_unsettled && last) writes.push_back(parts_.unsettled.removal_of(dialog.state));
    parts_.subscriptions.remove(subscription);
    if (!last) {
        dialog.is_settling = false;
        parts_.unsettled.told(now, dialog);
    }
    parts_.unsettled.look_whether_settled(now, aor);
    if (stored && !last && dialog.requests.is_locked) {
        dialog.record_lags = true;  // a record from now would undo what is being stored
    } else if (stored && !last) {
        writes.push_back({Bucket::dialog, dialog_key(dialog.state), encode(record_of(dialog), now)}
        );
    }
    if (!writes.empty()) parts_.changes.write(shard, std::move(writes), outbox);
    parts_.unused_aors.drop_if_unused(aor, outbox);
}

/// Who still watches the AOR, from a dialog of another shard, waits for it to come back.
void SubscriptionEnds::forget(TimePoint now, Dialog& dialog) {
    const Shard shard = dialog.shard;
    for (std::size_t left = dialog.subscriptions.size(); left > 0; --left) {
        Subscription& subscription = *dialog.subscriptions.front();
        Aor& aor = subscription.aor();
        parts_.strays.set(subscription, false);
        parts_.subscriptions.remove(subscription);
        if (aor.shard != shard) parts_.unused_aors.watcher_left(now, aor);
    }
}

}  // namespace reginfo
