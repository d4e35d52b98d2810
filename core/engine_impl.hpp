/// @file
/// The parts of the engine, and what it does with several of them.
#pragma once

#include "core/base/hash.hpp"
#include "core/base/spare_texts.hpp"
#include "core/base/token_source.hpp"
#include "core/engine.hpp"
#include "core/event/notify/documents.hpp"
#include "core/event/notify/next_hops.hpp"
#include "core/event/notify/notify_scheduler.hpp"
#include "core/event/notify/send_windows.hpp"
#include "core/event/operation/drain.hpp"
#include "core/event/operation/operator_actions.hpp"
#include "core/event/operation/recovery.hpp"
#include "core/event/operation/shard_drop.hpp"
#include "core/event/publish/compositor.hpp"
#include "core/event/records/missed.hpp"
#include "core/event/records/notify_queue.hpp"
#include "core/event/records/pending_changes.hpp"
#include "core/event/records/records.hpp"
#include "core/event/records/restorer.hpp"
#include "core/event/records/tracer.hpp"
#include "core/event/records/waiting_requests.hpp"
#include "core/event/subscribe/notifier.hpp"
#include "core/event/subscribe/subscription_changes.hpp"
#include "core/memory_use.hpp"
#include "core/transaction/client_transactions.hpp"
#include "core/transaction/responder.hpp"
#include "core/transaction/server_transactions.hpp"
#include "core/user_agent_server.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace reginfo {

class Engine::Impl {
public:
    /// @param spare_texts  must outlive this
    Impl(Settings settings, const Seed& seed, SpareTexts& spare_texts)
        : settings_(std::move(settings)),
          tokens_(seed),
          spare_texts_(spare_texts),
          hash_seeds_(settings_.hash_seed != 0 ? settings_.hash_seed : tokens_.derive()),
          tracer_(tokens_),
          changes_(settings_, stats_),
          records_(
              settings_,
              stats_,
              changes_,
              {hash_seeds_.next(), hash_seeds_.next(), tokens_.derive()}
          ),
          waiting_(settings_, stats_, records_.aors, records_.subscriptions),
          documents_(stats_),
          queue_(stats_),
          server_transactions_(hash_seeds_.next(), settings_.transaction_memory()),
          client_transactions_(settings_, tokens_, spare_texts_, stats_),
          responder_(settings_, server_transactions_, spare_texts_, stats_),
          hops_key_(hash_seeds_.next()),
          windows_(settings_, queue_, stats_, hops_key_, hash_seeds_.next()),
          next_hops_(settings_, stats_, hops_key_),
          memory_{
              settings_,
              records_.aors,
              records_.subscriptions,
              records_.strays,
              waiting_,
              documents_,
              server_transactions_,
              client_transactions_,
          },
          scheduler_({
              {
                  settings_,
                  stats_,
                  records_.observer,
                  records_.subscriptions,
                  documents_,
                  client_transactions_,
                  next_hops_,
                  windows_,
                  spare_texts_,
                  tracer_,
              },
              records_.shards,
              changes_,
              records_.unsettled,
              records_.acknowledgements,
              records_.ends,
              waiting_,
          }),
          moves_({
              settings_,
              stats_,
              records_.observer,
              records_.shards,
              changes_,
              records_.aors,
              records_.subscriptions,
              records_.strays,
              records_.unsettled,
              records_.unused_aors,
              waiting_,
              scheduler_,
          }),
          fan_out_(
              records_.shards,
              records_.acknowledgements,
              records_.unused_aors,
              moves_,
              scheduler_
          ),
          subscription_changes_({
              settings_,
              stats_,
              records_.observer,
              changes_,
              records_.aors,
              records_.subscriptions,
              records_.unsettled,
              records_.acknowledgements,
              records_.unused_aors,
              waiting_,
              responder_,
              scheduler_,
              fan_out_,
              moves_,
          }),
          notifier_({
              settings_,
              stats_,
              records_.shards,
              changes_,
              records_.aors,
              records_.subscriptions,
              waiting_,
              responder_,
              scheduler_,
              moves_,
              subscription_changes_,
          }),
          compositor_({
              settings_,
              stats_,
              records_.observer,
              changes_,
              records_.aors,
              records_.unsettled,
              records_.unused_aors,
              waiting_,
              responder_,
              fan_out_,
              moves_,
              tokens_,
              tracer_,
          }),
          recovery_({
              settings_,
              stats_,
              records_.shards,
              records_.aors,
              records_.subscriptions,
              missed_,
              fan_out_,
              notifier_,
              compositor_,
          }),
          restorer_({
              settings_,
              stats_,
              records_.shards,
              records_.aors,
              records_.subscriptions,
              records_.unsettled,
              missed_,
          }),
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
              records_.shards,
          }),
          actions_({
              stats_,
              records_.shards,
              records_.aors,
              records_.subscriptions,
              scheduler_,
              fan_out_,
              compositor_,
              tracer_,
          }),
          drain_({
              settings_,
              stats_,
              records_.shards,
              records_.subscriptions,
              scheduler_,
              tokens_,
          }),
          shard_drop_({
              stats_,
              records_.shards,
              changes_,
              records_.aors,
              records_.subscriptions,
              records_.unsettled,
              records_.ends,
              documents_,
              restorer_,
              waiting_,
              server_transactions_,
              responder_,
              scheduler_,
              windows_,
              fan_out_,
              recovery_,
          }),
          inspection_({
              records_.shards,
              records_.aors,
              records_.subscriptions,
              documents_,
              memory_,
              queue_,
              windows_.gauges(),
          }) {}

    bool is_suspended() const { return is_suspended_; }
    void suspend();
    void set_suspended(bool is_suspended);
    void resume(TimePoint now, Outbox& outbox);
    void take_durable(TimePoint now);
    void committed(TimePoint now, CommitId id, bool ok, Outbox& outbox);
    void timeout(TimePoint now, Outbox& outbox);
    bool restore(TimePoint now, const StoredRecord& record);
    void restored(TimePoint now, Outbox& outbox);
    void open(TimePoint now, Shard shard, Outbox& outbox);
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
    SpareTexts& spare_texts_;
    HashSeeds hash_seeds_;
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
    SubscriptionChanges subscription_changes_;
    Notifier notifier_;
    Compositor compositor_;
    Recovery recovery_;
    Restorer restorer_;
    UserAgentServer server_;
    OperatorActions actions_;
    Drain drain_;
    ShardDrop shard_drop_;
    Inspection inspection_;

private:
    bool has_more_ = false;  ///< watchers that are for the next turn
    TimePoint now_;
    bool is_suspended_ = false;
    std::vector<CommitId> durable_;  ///< those that became so meanwhile
    Outbox held_;                    ///< what follows from them
    bool is_stopping_ = false;
    std::size_t stored_to_ = 0;  ///< a slot of the subscriptions, while the process stops
};

}  // namespace reginfo
