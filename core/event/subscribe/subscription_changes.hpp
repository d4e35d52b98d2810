/// @file
/// Subscriptions are made, refreshed and ended once that is durable.
#pragma once

#include "core/base/time.hpp"
#include "core/dialog/dialog_state.hpp"
#include "core/event/notify/notify_scheduler.hpp"
#include "core/event/persistence/dialog_record.hpp"
#include "core/event/records/pending_changes.hpp"
#include "core/event/records/records.hpp"
#include "core/event/records/waiting_requests.hpp"
#include "core/event/subscribe/fan_out.hpp"
#include "core/event/subscribe/identity_moves.hpp"
#include "core/event/subscribe/subscribe_request.hpp"
#include "core/outbox.hpp"
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

/// What the classes that carry out a SUBSCRIBE work with; all of it must outlive them.
struct NotifierParts {
    Records& records;
    WaitingRequests& waiting;
    Responder& responder;
    NotifyScheduler& scheduler;
    FanOut& fan_out;
    IdentityMoves& moves;
};

/// Gives changes to the store, and puts them in force, or refuses them, when it has answered.
class SubscriptionChanges {
public:
    explicit SubscriptionChanges(const NotifierParts& parts)
        : records_(parts.records),
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

    Records& records_;
    WaitingRequests& waiting_;
    Responder& responder_;
    NotifyScheduler& scheduler_;
    FanOut& fan_out_;
    IdentityMoves& moves_;
};

}  // namespace reginfo
