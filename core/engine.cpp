/// @file

#include "core/engine.hpp"

#include "core/event/compositor.hpp"
#include "core/event/drain.hpp"
#include "core/event/durability.hpp"
#include "core/event/notifier.hpp"
#include "core/event/notify_sender.hpp"
#include "core/event/operator_desk.hpp"
#include "core/event/records.hpp"
#include "core/event/recovery.hpp"
#include "core/transaction/responder.hpp"
#include "core/transaction/server_transactions.hpp"
#include "core/transaction/transaction_record.hpp"
#include "core/user_agent_server.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace reginfo {

class Engine::Impl {
public:
    Impl(Settings settings, const Seed& seed)
        : settings_(std::move(settings)),
          records_(settings_, stats_, seed),
          transactions_(records_.hash_seeds.next(), settings_.transaction_memory()),
          responder_(settings_, transactions_, records_.spare_texts, stats_),
          sender_(records_),
          notifier_(records_, responder_, sender_),
          compositor_(records_, responder_, notifier_),
          recovery_(records_, notifier_, compositor_),
          server_({records_, transactions_, responder_, sender_, notifier_, compositor_, recovery_}
          ),
          desk_(records_, sender_, notifier_, compositor_),
          drain_(records_, sender_),
          inspection_(records_, transactions_, sender_.window_gauges()) {}

    void timeout(TimePoint now, Outbox& outbox);
    bool restore(TimePoint now, const StoredRecord& record);
    std::optional<TimePoint> next_deadline() const;
    bool is_drained() const {
        return drain_.is_over() && !telling_ && sender_.is_idle() && stats_.commits_pending == 0;
    }
    /// Responses that were begun, and requests that wait for theirs: grows while one is served.
    std::uint64_t answers_begun() const { return responder_.drafts() + records_.waiting; }
    /// What follows from whatever happened this turn.
    void settle(TimePoint now, Outbox& outbox);
    bool store_exactly(TimePoint now, Outbox& outbox);

    Settings settings_;
    Stats stats_;
    Records records_;
    ServerTransactions transactions_;
    Responder responder_;
    NotifySender sender_;
    Notifier notifier_;
    Compositor compositor_;
    Recovery recovery_;
    UserAgentServer server_;
    OperatorDesk desk_;
    Drain drain_;
    Inspection inspection_;

private:
    bool telling_ = false;  ///< a fan-out goes on next turn
    TimePoint now_;
    std::size_t stored_to_ = 0;  ///< a slot of the subscriptions, while the process stops
};

bool Engine::Impl::restore(TimePoint now, const StoredRecord& record) {
    const RecordTime time{now, record.age};
    Restorer restorer(records_);
    switch (record.bucket) {
        case Bucket::aor:
            return restorer.restore_aor(record.key, record.value, time);
        case Bucket::dialog:
            return restorer.restore_dialog(record.key, record.value, time);
        case Bucket::transaction: {
            const auto key = parse_transaction_key(record.key);
            const auto transaction = decode_transaction(record.value);
            if (!key || !transaction) return false;
            const Duration left = settings_.transaction_memory() - record.age;
            if (left > Duration::zero()) transactions_.restore(*key, *transaction, now + left);
            return true;
        }
    }
    return false;
}

void Engine::Impl::settle(TimePoint now, Outbox& outbox) {
    now_ = now;
    while (const auto waiting = records_.next_released()) {
        server_.handle_waiting(now, *waiting, outbox);
    }
    telling_ = notifier_.run(now, settings_.limits.expiries_per_turn, outbox);
    sender_.forget_idle_windows();
    stats_.traces = records_.tracer.size();
}

void Engine::Impl::timeout(TimePoint now, Outbox& outbox) {
    const std::size_t budget = settings_.limits.expiries_per_turn;
    transactions_.expire(now, budget);
    stats_.server_transactions = transactions_.size();
    responder_.handle_timeout(now, budget, outbox);
    recovery_.run(now, outbox);
    sender_.handle_windows(now, budget, outbox);
    for (std::size_t i = 0; i < budget; ++i) {
        Dialog* dialog = records_.subscriptions.dialog_timers.pop_expired(now);
        if (!dialog) break;
        sender_.handle_timeout(now, *dialog, outbox);
    }
    for (std::size_t i = 0; i < budget; ++i) {
        Aor* aor = records_.aor_timers.pop_expired(now);
        if (!aor) break;
        compositor_.handle_timeout(now, *aor, outbox);
    }
    for (std::size_t i = 0; i < budget; ++i) {
        Subscription* subscription = records_.subscriptions.expiries.pop_expired(now);
        if (!subscription) break;
        notifier_.handle_expiry(now, *subscription, outbox);
    }
    records_.let_in(records_.early.take_expired(now, budget));
    drain_.run(now, budget, outbox);
    records_.tracer.expire(now, outbox);
}

std::optional<TimePoint> Engine::Impl::next_deadline() const {
    std::optional<TimePoint> next;
    if (telling_) next = now_;
    for (const auto& deadline : {
             transactions_.next_deadline(),
             responder_.next_deadline(),
             records_.aor_timers.next_deadline(),
             records_.subscriptions.expiries.next_deadline(),
             records_.subscriptions.dialog_timers.next_deadline(),
             records_.early.next_deadline(),
             sender_.next_deadline(),
             drain_.next_deadline(),
             records_.tracer.next_deadline(),
             recovery_.next_deadline(),
         }) {
        if (deadline && (!next || *deadline < *next)) next = deadline;
    }
    return next;
}

/// A step of handle_stop: so many slots, and so many dialogs.
bool Engine::Impl::store_exactly(TimePoint now, Outbox& outbox) {
    constexpr std::size_t kSlots = 50'000;
    constexpr std::size_t kDialogs = 2'000;
    const auto& slots = records_.subscriptions.slots();
    std::size_t dialogs = 0;
    const std::size_t end = std::min(stored_to_ + kSlots, slots.end());
    for (; stored_to_ < end && dialogs < kDialogs; ++stored_to_) {
        const Subscription* const subscription = slots.at(stored_to_);
        if (!subscription) continue;
        const Dialog& dialog = subscription->dialog;
        if (dialog.subscriptions.front().get() != subscription) continue;  // once a dialog
        const bool is_exact = dialog.cseq_reserved == dialog.state.local_cseq;
        // What is being stored of a locked one is newer than what memory has.
        if (!dialog.is_stored || is_exact || dialog.turnstile.locked) continue;
        const DialogRecord record = exact_record_of(dialog);
        std::vector<Write> writes{{Bucket::dialog, dialog_key(dialog.state), std::nullopt}};
        if (!record.subscriptions.empty()) writes.back().value = encode(record, now);
        records_.commits.begin(std::move(writes), outbox);
        ++dialogs;
    }
    return stored_to_ < slots.end();
}

Engine::Engine(Settings settings, const Seed& seed)
    : impl_(std::make_unique<Impl>(std::move(settings), seed)) {}

Engine::~Engine() = default;

bool Engine::handle_message(
    TimePoint now,
    const Flow& flow,
    std::string_view bytes,
    Outbox& outbox
) {
    const std::uint64_t before = impl_->answers_begun();
    impl_->server_.handle_message(now, flow, bytes, outbox);
    const bool is_answered = impl_->answers_begun() != before;
    impl_->settle(now, outbox);
    return is_answered;
}

void Engine::set_pressure(Pressure pressure) { impl_->server_.set_pressure(pressure); }

void Engine::set_uncounted_memory(std::uint64_t bytes) { impl_->records_.uncounted_bytes = bytes; }

void Engine::handle_broken_stream(
    TimePoint now,
    const Flow& flow,
    std::string_view head,
    sip::ParseError error,
    Outbox& outbox
) {
    impl_->server_.refuse_broken(flow, head, error, outbox);
    outbox.close(flow);
    impl_->settle(now, outbox);
}

void Engine::handle_unsent(
    TimePoint now,
    const Flow& flow,
    std::string_view head,
    Unsent why,
    Outbox& outbox
) {
    impl_->sender_.handle_unsent(now, flow, head, why, outbox);
}

void Engine::handle_flow_closed(TimePoint now, const Flow& flow, Outbox& outbox) {
    impl_->sender_.handle_flow_closed(now, flow, outbox);
    impl_->settle(now, outbox);
}

void Engine::handle_resolved(
    TimePoint now,
    ResolveId id,
    std::span<const Target> targets,
    Outbox& outbox
) {
    impl_->sender_.handle_resolved(now, id, targets, outbox);
    impl_->settle(now, outbox);
}

void Engine::handle_committed(TimePoint now, CommitId id, bool ok, Outbox& outbox) {
    impl_->records_.commits.finish(now, id, ok, outbox);
    impl_->settle(now, outbox);
}

void Engine::handle_timeout(TimePoint now, Outbox& outbox) {
    impl_->timeout(now, outbox);
    impl_->settle(now, outbox);
}

std::optional<TimePoint> Engine::next_deadline() const { return impl_->next_deadline(); }

bool Engine::restore(TimePoint now, const StoredRecord& record) {
    return impl_->restore(now, record);
}

void Engine::handle_restored(TimePoint now, Outbox& outbox) {
    Records& records = impl_->records_;
    std::vector<Aor*> unused;
    records.aors.for_each([&](Aor& aor) {
        if (aor.is_unused()) unused.push_back(&aor);
    });
    for (Aor* aor : unused) records.drop_if_unused(*aor, outbox);

    impl_->recovery_.begin(now);
    impl_->recovery_.run(now, outbox);
    impl_->settle(now, outbox);
}

void Engine::handle_drain(TimePoint now, Outbox& outbox) {
    impl_->drain_.begin(now);
    impl_->records_.end_early(now);
    impl_->settle(now, outbox);
}

bool Engine::is_drained() const { return impl_->is_drained(); }

void Engine::handle_reload(const Settings& settings) {
    Settings next = settings;
    const Settings& fixed = impl_->settings_;
    next.listeners = fixed.listeners;
    next.t1 = fixed.t1;
    next.t2 = fixed.t2;
    next.t4 = fixed.t4;
    next.durable = fixed.durable;
    next.hash_seed = fixed.hash_seed;
    impl_->settings_ = std::move(next);
}

bool Engine::handle_stop(TimePoint now, Outbox& outbox) {
    return impl_->records_.settings.durable && impl_->store_exactly(now, outbox);
}

ActionOutcome Engine::handle_action(TimePoint now, const OperatorAction& action, Outbox& outbox) {
    const ActionOutcome outcome = impl_->desk_.carry_out(now, action, outbox);
    impl_->settle(now, outbox);
    return outcome;
}

SpareTexts& Engine::spare_texts() { return impl_->records_.spare_texts; }
const Stats& Engine::stats() const { return impl_->stats_; }
const Inspection& Engine::inspection() const { return impl_->inspection_; }
void Engine::observe(Observer* observer) { impl_->records_.observer = observer; }

}  // namespace reginfo
