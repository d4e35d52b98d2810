/// @file
/// The notifier: SUBSCRIBE (RFC 6665 §4.2.1).
#pragma once

#include "core/base/time.hpp"
#include "core/event/notify/notify_scheduler.hpp"
#include "core/event/package.hpp"
#include "core/event/records/aor_table.hpp"
#include "core/event/records/open_shards.hpp"
#include "core/event/records/pending_changes.hpp"
#include "core/event/records/subscription_store.hpp"
#include "core/event/records/waiting_requests.hpp"
#include "core/event/subscribe/identity_moves.hpp"
#include "core/event/subscribe/subscribe_request.hpp"
#include "core/event/subscribe/subscription_changes.hpp"
#include "core/outbox.hpp"
#include "core/settings.hpp"
#include "core/stats.hpp"
#include "core/transaction/responder.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace reginfo {

/// Makes, refreshes and ends subscriptions.
class Notifier {
public:
    /// All of it must outlive this.
    struct Parts {
        const Settings& settings;
        Stats& stats;
        const OpenShards& shards;
        const PendingChanges& pending;
        AorTable& aors;
        SubscriptionStore& subscriptions;
        WaitingRequests& waiting;
        Responder& responder;
        NotifyScheduler& scheduler;
        IdentityMoves& moves;
        SubscriptionChanges& changes;
    };

    explicit Notifier(const Parts& parts)
        : settings_(parts.settings),
          stats_(parts.stats),
          shards_(parts.shards),
          pending_(parts.pending),
          aors_(parts.aors),
          subscriptions_(parts.subscriptions),
          waiting_(parts.waiting),
          responder_(parts.responder),
          scheduler_(parts.scheduler),
          moves_(parts.moves),
          changes_(parts.changes) {}

    /// Carries out a SUBSCRIBE, or lets it wait its turn.
    ///
    /// Rejects  400 malformed; 403 leads to a forbidden place; 404 no AOR; 406 cannot take
    ///          reginfo; 423 too brief; 480 no active contact where the profile needs one, after
    ///          Settings::ims_hold; 481 no such dialog or subscription; 489 not `reg`; 500 CSeq
    ///          out of order; 503 a bound is reached.
    void handle_subscribe(
        TimePoint now,
        const Request& request,
        std::string_view bytes,
        Outbox& outbox
    );

    /// The subscription's time is over (RFC 6665 §4.2.2).
    void handle_expiry(TimePoint now, Subscription& subscription, Outbox& outbox);

private:
    bool forbids(
        TimePoint now,
        const SubscribeRequest& subscribe,
        const DialogState& state,
        const Request& request,
        Outbox& outbox
    );
    void wait_for_publish(
        TimePoint now,
        const Request& request,
        std::string_view bytes,
        std::string_view identity,
        Profile profile,
        Outbox& outbox
    );
    Reply not_registered(Profile profile) const;
    void subscribe(TimePoint now, const Request& request, std::string_view bytes, Outbox& outbox);
    void resubscribe(TimePoint now, const Request& request, std::string_view bytes, Outbox& outbox);
    /// @param dialog  of a SUBSCRIBE within one
    std::optional<Bound> bound_reached(
        const Aor* aor,
        const Dialog* dialog,
        const SubscriptionChange& change,
        const SubscribeRequest& subscribe
    ) const;
    void refuse(TimePoint now, const Request& request, const Reply& reply, Outbox& outbox);
    /// @param subject  the AOR
    void refuse_by(
        TimePoint now,
        const Request& request,
        Bound bound,
        std::string_view subject,
        Profile profile,
        Outbox& outbox
    );
    void hold(
        TimePoint now,
        RequestQueue& queue,
        const Request& request,
        std::string_view bytes,
        Outbox& outbox
    );

    const Settings& settings_;
    Stats& stats_;
    const OpenShards& shards_;
    const PendingChanges& pending_;
    AorTable& aors_;
    SubscriptionStore& subscriptions_;
    WaitingRequests& waiting_;
    Responder& responder_;
    NotifyScheduler& scheduler_;
    IdentityMoves& moves_;
    SubscriptionChanges& changes_;
};

}  // namespace reginfo
