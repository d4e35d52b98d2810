/// @file

#include "core/engine.hpp"

#include "core/base/hash.hpp"
#include "core/base/spare_texts.hpp"
#include "core/base/token_source.hpp"
#include "core/event/notify/documents.hpp"
#include "core/event/notify/next_hops.hpp"
#include "core/event/notify/notify_scheduler.hpp"
#include "core/event/notify/send_windows.hpp"
#include "core/event/operation/drain.hpp"
#include "core/event/operation/operator_actions.hpp"
#include "core/event/operation/recovery.hpp"
#include "core/event/publish/compositor.hpp"
#include "core/event/records/dialog_storage.hpp"
#include "core/event/records/missed.hpp"
#include "core/event/records/notify_queue.hpp"
#include "core/event/records/pending_changes.hpp"
#include "core/event/records/records.hpp"
#include "core/event/records/restorer.hpp"
#include "core/event/records/tracer.hpp"
#include "core/event/records/waiting_requests.hpp"
#include "core/event/subscribe/notifier.hpp"
#include "core/memory_use.hpp"
#include "core/transaction/client_transactions.hpp"
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
          tokens_(seed),
          hash_seeds_(settings_.hash_seed != 0 ? settings_.hash_seed : tokens_.derive()),
          tracer_(tokens_),
          changes_(settings_, stats_),
          records_(
              settings_,
              stats_,
              changes_,
              {hash_seeds_.next(), hash_seeds_.next(), tokens_.derive()}
          ),
          waiting_(records_),
          documents_(stats_),
          queue_(stats_),
          server_transactions_(hash_seeds_.next(), settings_.transaction_memory()),
          client_transactions_(settings_, tokens_, spare_texts_, stats_),
          responder_(settings_, server_transactions_, spare_texts_, stats_),
          hops_key_(hash_seeds_.next()),
          windows_(settings_, queue_, stats_, hops_key_, hash_seeds_.next()),
          next_hops_(settings_, stats_, hops_key_),
          memory_{records_, waiting_, documents_, server_transactions_, client_transactions_},
          scheduler_({
              records_,
              documents_,
              client_transactions_,
              next_hops_,
              windows_,
              waiting_,
              spare_texts_,
              tracer_,
          }),
          moves_(records_, waiting_, scheduler_),
          fan_out_(records_, moves_, scheduler_),
          notifier_({records_, waiting_, responder_, scheduler_, fan_out_, moves_}),
          compositor_({records_, waiting_, responder_, fan_out_, moves_, tokens_, tracer_}),
          recovery_(records_, missed_, fan_out_, notifier_, compositor_),
          restorer_(records_, missed_),
          server_({
              settings_,
              stats_,
              memory_,
              server_transactions_,
              responder_,
              scheduler_,
              notifier_,
              compositor_,
              recovery_,
              tokens_,
          }),
          actions_(records_, scheduler_, fan_out_, compositor_, tracer_),
          drain_(records_, scheduler_, tokens_),
          inspection_(records_, documents_, memory_, queue_, windows_.gauges()) {}

    void timeout(TimePoint now, Outbox& outbox);
    bool restore(TimePoint now, const StoredRecord& record);
    std::optional<TimePoint> next_deadline() const;
    bool is_drained() const {
        return drain_.is_over() && !has_more_ && scheduler_.is_idle() &&
               stats_.commits_pending == 0;
    }
    /// Drafts of responses, and waiting requests: grows if a request will get a response.
    std::uint64_t answers_begun() const { return responder_.drafts() + waiting_.size(); }
    void end_turn(TimePoint now, Outbox& outbox);
    bool store_exactly(TimePoint now, Outbox& outbox);

    Settings settings_;
    Stats stats_;
    TokenSource tokens_;
    HashSeeds hash_seeds_;
    SpareTexts spare_texts_;
    Tracer tracer_;
    PendingChanges changes_;
    Records records_;
    MissedList missed_;
    WaitingRequests waiting_;
    Documents documents_;
    NotifyQueue queue_;
    ServerTransactions server_transactions_;
    ClientTransactions client_transactions_;
    Responder responder_;
    std::uint64_t hops_key_;
    SendWindows windows_;
    NextHops next_hops_;
    MemoryHolders memory_;
    NotifyScheduler scheduler_;
    IdentityMoves moves_;
    FanOut fan_out_;
    Notifier notifier_;
    Compositor compositor_;
    Recovery recovery_;
    Restorer restorer_;
    UserAgentServer server_;
    OperatorActions actions_;
    Drain drain_;
    Inspection inspection_;

private:
    bool has_more_ = false;  ///< watchers that are for the next turn
    TimePoint now_;
    bool is_stopping_ = false;
    std::size_t stored_to_ = 0;  ///< a slot of the subscriptions, while the process stops
};

bool Engine::Impl::restore(TimePoint now, const StoredRecord& record) {
    const RecordTime time{now, record.age};
    switch (record.bucket) {
        case Bucket::unsettled:
            return records_.unsettled.restore(record.key);
        case Bucket::aor:
            return restorer_.restore_aor(record.key, record.value, time);
        case Bucket::dialog:
            return restorer_.restore_dialog(record.key, record.value, time);
        case Bucket::transaction: {
            const auto key = parse_transaction_key(record.key);
            const auto transaction = decode_transaction(record.value);
            if (!key || !transaction) return false;
            const Duration left = settings_.transaction_memory() - record.age;
            if (left > Duration::zero())
                server_transactions_.restore(*key, *transaction, now + left);
            return true;
        }
    }
    return false;
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

void Engine::Impl::timeout(TimePoint now, Outbox& outbox) {
    const std::size_t budget = settings_.limits.expiries_per_turn;
    server_transactions_.expire(now, budget);
    stats_.server_transactions = server_transactions_.size();
    responder_.handle_timeout(now, budget, outbox);
    recovery_.run(now, outbox);
    scheduler_.handle_windows(now, budget, outbox);
    for (std::size_t i = 0; i < budget; ++i) {
        Dialog* dialog = records_.subscriptions.dialog_timers.pop_expired(now);
        if (!dialog) break;
        scheduler_.handle_timeout(now, *dialog, outbox);
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
    waiting_.expire_early(now, budget);
    records_.unsettled.run(now, budget, outbox);
    drain_.run(now, budget, outbox);
    tracer_.expire(now, outbox);
    documents_.expire(now);
}

std::optional<TimePoint> Engine::Impl::next_deadline() const {
    std::optional<TimePoint> next;
    if (has_more_) next = now_;
    for (const auto& deadline : {
             server_transactions_.next_deadline(),
             responder_.next_deadline(),
             records_.aor_timers.next_deadline(),
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
        changes_.write(std::move(writes), outbox);
        ++dialogs;
    }
    return stored_to_ < slots.end();
}

Engine::Engine(Settings settings, const Seed& seed)
    : impl_(std::make_unique<Impl>(std::move(settings), seed)) {}

Engine::~Engine() = default;

void Engine::end_turn(TimePoint now, Outbox& outbox) { impl_->end_turn(now, outbox); }

bool Engine::handle_message(
    TimePoint now,
    const Flow& flow,
    std::string_view bytes,
    Outbox& outbox
) {
    const std::uint64_t before = impl_->answers_begun();
    impl_->server_.handle_message(now, flow, bytes, outbox);
    return impl_->answers_begun() != before;
}

void Engine::set_pressure(Pressure pressure) { impl_->server_.set_pressure(pressure); }

void Engine::set_uncounted_memory(std::uint64_t bytes) { impl_->memory_.uncounted = bytes; }

void Engine::handle_broken_stream(
    const Flow& flow,
    std::string_view head,
    sip::ParseError error,
    Outbox& outbox
) {
    impl_->server_.refuse_broken(flow, head, error, outbox);
    outbox.close(flow);
}

void Engine::handle_unsent(
    TimePoint now,
    const Flow& flow,
    std::string_view head,
    Unsent why,
    Outbox& outbox
) {
    impl_->scheduler_.handle_unsent(now, flow, head, why, outbox);
}

void Engine::handle_flow_closed(TimePoint now, const Flow& flow, Outbox& outbox) {
    impl_->scheduler_.handle_flow_closed(now, flow, outbox);
}

void Engine::handle_resolved(
    TimePoint now,
    ResolveId id,
    std::span<const Target> targets,
    Outbox& outbox
) {
    impl_->scheduler_.handle_resolved(now, id, targets, outbox);
}

void Engine::handle_committed(TimePoint now, CommitId id, bool ok, Outbox& outbox) {
    impl_->changes_.finish(now, id, ok, outbox);
}

void Engine::handle_timeout(TimePoint now, Outbox& outbox) { impl_->timeout(now, outbox); }

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
    records.unsettled.restored(now, outbox);

    impl_->recovery_.start(now);
    impl_->recovery_.run(now, outbox);
}

void Engine::handle_drain(TimePoint now) {
    impl_->drain_.start(now);
    impl_->waiting_.end_early(now);
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
    const ActionOutcome outcome = impl_->actions_.carry_out(now, action, outbox);
    return outcome;
}

SpareTexts& Engine::spare_texts() { return impl_->spare_texts_; }
const Stats& Engine::stats() const { return impl_->stats_; }
const Inspection& Engine::inspection() const { return impl_->inspection_; }
void Engine::observe(Observer* observer) { impl_->records_.observer = observer; }

}  // namespace reginfo
