/// @file

#include "core/engine_impl.hpp"

#include "core/event/records/dialog_storage.hpp"
#include "core/transaction/transaction_record.hpp"

#include <algorithm>

namespace reginfo {

bool Engine::Impl::restore(TimePoint now, const StoredRecord& record) {
    const RecordTime time{now, record.age};
    std::optional<Shard> shard;
    if (records_.shards.are_shared()) shard = record.shard;
    switch (record.bucket) {
        case Bucket::unsettled:
            return records_.unsettled.restore(record.shard, record.key);
        case Bucket::aor:
            return restorer_.restore_aor(record.key, record.value, time);
        case Bucket::dialog:
            return restorer_.restore_dialog(record.key, record.value, time, shard);
        case Bucket::transaction: {
            const auto key = parse_transaction_key(record.key);
            const auto transaction = decode_transaction(record.value);
            if (!key || !transaction) return false;
            const Duration left = settings_.transaction_memory() - record.age;
            if (left > Duration::zero())
                server_transactions_.restore(*key, *transaction, now + left, shard);
            return true;
        }
    }
    return false;
}

void Engine::Impl::restored(TimePoint now, Outbox& outbox) {
    std::vector<Aor*> unused;
    records_.aors.for_each([&](Aor& aor) {
        if (aor.is_unused()) unused.push_back(&aor);
    });
    for (Aor* aor : unused) records_.unused_aors.drop_if_unused(*aor, outbox);
    records_.unsettled.restored(now, outbox);
    recovery_.start();
    recovery_.run(now, outbox);
}

void Engine::Impl::open(TimePoint now, Shard shard, Outbox& outbox) {
    records_.shards.open(shard);
    restorer_.open(now, shard);
    std::vector<Aor*> unused;
    records_.aors.for_each_in(shard, [&](Aor& aor) {
        if (aor.is_unused()) unused.push_back(&aor);
    });
    for (Aor* aor : unused) records_.unused_aors.drop_if_unused(*aor, outbox);
    records_.unsettled.restored(now, shard, outbox);
    recovery_.start();
    recovery_.run(now, outbox);
}

void Engine::Impl::end_turn(TimePoint now, Outbox& outbox) {
    if (is_stopping_) return;  // a NOTIFY from now on would have a CSeq that is stored as unused
    now_ = now;
    // All of them: one that came later must not be served before them.
    while (const auto ready = waiting_.next_ready()) server_.handle_waiting(now, *ready, outbox);
    const std::size_t budget = settings_.limits.expiries_per_turn;
    const bool has_more_watchers = fan_out_.run(now, budget, outbox);
    const bool has_more_moves = moves_.run(now, budget, outbox);
    has_more_ = has_more_watchers || has_more_moves;
    windows_.forget_idle();
    stats_.traces = tracer_.size();
}

void Engine::Impl::set_suspended(bool is_suspended) {
    is_suspended_ = is_suspended;
    server_.set_suspended(is_suspended);
    // Without state an answer says nothing of it.
    responder_.set_suspended(is_suspended && !server_.is_standing_by());
}

void Engine::Impl::suspend() {
    set_suspended(true);
    scheduler_.suspend();
}

void Engine::Impl::resume(TimePoint now, Outbox& outbox) {
    if (is_stopping_) return;
    set_suspended(false);
    scheduler_.resume(now, outbox);
    recovery_.resume(now);
    outbox.append(held_);
    for (const CommitId id : std::exchange(durable_, {})) changes_.finish(now, id, true, outbox);
}

/// Takes what became durable into memory, which another store may have to get. Its 2xx is not sent,
/// but repeated.
void Engine::Impl::take_durable(TimePoint now) {
    for (const CommitId id : std::exchange(durable_, {})) changes_.finish(now, id, true, held_);
}

/// While suspended, a 2xx could not leave, and would be lost over TCP.
void Engine::Impl::committed(TimePoint now, CommitId id, bool ok, Outbox& outbox) {
    if (is_suspended_ && ok) return durable_.push_back(id);
    changes_.finish(now, id, ok, outbox);
}

void Engine::Impl::timeout(TimePoint now, Outbox& outbox) {
    if (is_suspended_) return;
    const std::size_t budget = settings_.limits.expiries_per_turn;
    server_transactions_.expire(now, budget);
    stats_.server_transactions = server_transactions_.size();
    responder_.handle_timeout(now, budget, outbox);
    recovery_.run(now, outbox);
    scheduler_.handle_windows(now, budget, outbox);
    for (std::size_t i = 0; i < budget; ++i) {
        Dialog* dialog = records_.subscriptions.dialog_timers.pop_expired(now);
        if (!dialog) break;
        if (!records_.shards.has(dialog->shard)) continue;
        scheduler_.handle_timeout(now, *dialog, outbox);
    }
    for (std::size_t i = 0; i < budget; ++i) {
        Aor* aor = records_.aors.timers.pop_expired(now);
        if (!aor) break;
        if (!records_.shards.has(aor->shard)) continue;
        compositor_.handle_timeout(now, *aor, outbox);
    }
    for (std::size_t i = 0; i < budget; ++i) {
        Subscription* subscription = records_.subscriptions.expiries.pop_expired(now);
        if (!subscription) break;
        if (!records_.shards.has(subscription->dialog.shard)) continue;
        notifier_.handle_expiry(now, *subscription, outbox);
    }
    waiting_.expire_early(now, budget);
    records_.unsettled.run(now, budget, outbox);
    drain_.run(now, budget, outbox);
    tracer_.expire(now, outbox);
    documents_.expire(now);
}

std::optional<TimePoint> Engine::Impl::next_deadline() const {
    if (is_suspended_) return std::nullopt;
    std::optional<TimePoint> next;
    if (has_more_) next = now_;
    for (const auto& deadline : {
             server_transactions_.next_deadline(),
             responder_.next_deadline(),
             records_.aors.timers.next_deadline(),
             records_.subscriptions.expiries.next_deadline(),
             records_.subscriptions.dialog_timers.next_deadline(),
             waiting_.next_deadline(),
             records_.unsettled.next_deadline(),
             windows_.next_deadline(),
             drain_.next_deadline(),
             tracer_.next_deadline(),
             recovery_.next_deadline(),
         }) {
        if (deadline && (!next || *deadline < *next)) next = deadline;
    }
    return next;
}

/// A step of handle_stop: at most kSlots slots and kDialogs dialogs.
bool Engine::Impl::store_exactly(TimePoint now, Outbox& outbox) {
    if (!std::exchange(is_stopping_, true)) {
        scheduler_.suspend();  // what leaves from now on would use numbers that are given back
        records_.unsettled.run_all(outbox);
        return true;
    }
    constexpr std::size_t kSlots = 50'000;
    constexpr std::size_t kDialogs = 2'000;
    const auto& slots = records_.subscriptions.slots();
    std::size_t dialogs = 0;
    const std::size_t end = std::min(stored_to_ + kSlots, slots.end());
    for (; stored_to_ < end && dialogs < kDialogs; ++stored_to_) {
        const Subscription* const subscription = slots.at(stored_to_);
        if (!subscription) continue;
        const Dialog& dialog = subscription->dialog;
        if (!records_.shards.has(dialog.shard)) continue;
        if (dialog.subscriptions.front().get() != subscription) continue;  // each dialog once
        const bool is_exact = dialog.cseq_reserved == dialog.state.local_cseq;
        // For a locked dialog the record that is being stored is newer than memory.
        if (!dialog.is_stored || is_exact || dialog.requests.is_locked) continue;
        const DialogRecord record = exact_record_of(dialog);
        std::vector<Write> writes{{Bucket::dialog, dialog_key(dialog.state), std::nullopt}};
        if (!record.subscriptions.empty()) writes.back().value = encode(record, now);
        const bool is_owed = std::ranges::any_of(record.subscriptions, &SubscriptionRecord::owed);
        if (is_owed && !dialog.is_unsettled) {
            writes.push_back(records_.unsettled.entry_of(dialog.state));
        }
        changes_.write(dialog.shard, std::move(writes), outbox);
        ++dialogs;
    }
    return stored_to_ < slots.end();
}

}  // namespace reginfo
