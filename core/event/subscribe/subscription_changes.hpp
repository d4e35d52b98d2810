/// @file
/// Subscriptions are made, refreshed and ended once that is durable.
#pragma once

#include "core/base/time.hpp"
#include "core/dialog/dialog_state.hpp"
#include "core/event/notify/notify_scheduler.hpp"
#include "core/event/persistence/dialog_record.hpp"
#include "core/event/records/acknowledgements.hpp"
#include "core/event/records/aor_table.hpp"
#include "core/event/records/observer_link.hpp"
#include "core/event/records/pending_changes.hpp"
#include "core/event/records/subscription_store.hpp"
#include "core/event/records/unsettled.hpp"
#include "core/event/records/unused_aors.hpp"
#include "core/event/records/waiting_requests.hpp"
#include "core/event/subscribe/fan_out.hpp"
#include "core/event/subscribe/identity_moves.hpp"
#include "core/event/subscribe/subscribe_request.hpp"
#include "core/outbox.hpp"
#include "core/settings.hpp"
#include "core/stats.hpp"
#include "core/transaction/responder.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace reginfo {

class SubscriptionChanges;

/// What a SUBSCRIBE changes.
struct SubscriptionChange final : PendingChange {
    void finish(TimePoint now, bool ok, Outbox& outbox) override;
    void drop(TimePoint now) override;

    SubscriptionChanges* owner = nullptr;  ///< set by SubscriptionChanges::commit
    std::string aor;                       ///< watched, where there is no subscription yet
    Aor* arrives_at = nullptr;             ///< the same, while a new subscription is being stored
    bool in_dialog = false;                ///< the dialog is there, and locked
    bool is_refresh = false;               ///< the subscription is there as well
    DialogState state;                     ///< of the dialog afterwards
    std::optional<std::string> event_id;
    Seconds expires{0};
    Profile profile = Profile::standard;
    std::uint64_t watcher = 0;
    std::string aor_text;  ///< the AOR as the watcher wrote it
    Rates rates;
    bool suppress = false;          ///< Suppress-If-Match is met (RFC 5839)
    std::optional<Revision> known;  ///< that the watcher has, by its Suppress-If-Match
    ResponseDraft draft;
    Reply reply;
    DialogRecord record;  ///< as the store has it afterwards
};

/// Gives changes to the store, and puts them in force, or refuses them, when it has answered.
class SubscriptionChanges {
public:
    /// All of it must outlive this.
    struct Parts {
        const Settings& settings;
        Stats& stats;
        const ObserverLink& observer;
        PendingChanges& changes;
        AorTable& aors;
        SubscriptionStore& subscriptions;
        Unsettled& unsettled;
        Acknowledgements& acknowledgements;
        UnusedAors& unused_aors;
        WaitingRequests& waiting;
        Responder& responder;
        NotifyScheduler& scheduler;
        FanOut& fan_out;
        IdentityMoves& moves;
    };

    explicit SubscriptionChanges(const Parts& parts)
        : settings_(parts.settings),
          stats_(parts.stats),
          observer_(parts.observer),
          changes_(parts.changes),
          aors_(parts.aors),
          subscriptions_(parts.subscriptions),
          unsettled_(parts.unsettled),
          acknowledgements_(parts.acknowledgements),
          unused_aors_(parts.unused_aors),
          waiting_(parts.waiting),
          responder_(parts.responder),
          scheduler_(parts.scheduler),
          fan_out_(parts.fan_out),
          moves_(parts.moves) {}

    /// @pre the dialog of the change, if there is one, is locked by it
    void commit(
        TimePoint now,
        SubscriptionChange&& change,
        SubscribeRequest&& subscribe,
        Outbox& outbox
    );

private:
    friend struct SubscriptionChange;  // which calls apply() or fail()

    Dialog* dialog_of(const SubscriptionChange& change);
    Shard shard_of(const DialogState& state);
    void reserve(SubscriptionChange& change);
    void give_back(SubscriptionChange& change);
    std::vector<Write> writes_of(TimePoint now, SubscriptionChange& change);
    void apply(TimePoint now, SubscriptionChange& change, Outbox& outbox);
    void fail(TimePoint now, SubscriptionChange& change, Outbox& outbox);
    void drop(TimePoint now, SubscriptionChange& change);
    void arrives_no_more(TimePoint now, const SubscriptionChange& change, Outbox& outbox);
    void notify(
        TimePoint now,
        SubscriptionChange& change,
        Subscription& subscription,
        Outbox& outbox
    );
    void unlock(Dialog& dialog);
    void unlock_unchanged(TimePoint now, Dialog& dialog, Outbox& outbox);
    void end_same_contact(TimePoint now, const Subscription& fresh, Outbox& outbox);

    const Settings& settings_;
    Stats& stats_;
    const ObserverLink& observer_;
    PendingChanges& changes_;
    AorTable& aors_;
    SubscriptionStore& subscriptions_;
    Unsettled& unsettled_;
    Acknowledgements& acknowledgements_;
    UnusedAors& unused_aors_;
    WaitingRequests& waiting_;
    Responder& responder_;
    NotifyScheduler& scheduler_;
    FanOut& fan_out_;
    IdentityMoves& moves_;
};

}  // namespace reginfo
