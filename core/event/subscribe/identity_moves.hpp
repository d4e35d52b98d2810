/// @file
/// Subscriptions follow their identity from one implicit registration set to another (TS 24.229
/// §5.4.2.1.1).
#pragma once

#include "core/base/slot_table.hpp"
#include "core/base/time.hpp"
#include "core/event/notify/notify_scheduler.hpp"
#include "core/event/records/aor_table.hpp"
#include "core/event/records/observer_link.hpp"
#include "core/event/records/open_shards.hpp"
#include "core/event/records/pending_changes.hpp"
#include "core/event/records/strays.hpp"
#include "core/event/records/subscription_store.hpp"
#include "core/event/records/unsettled.hpp"
#include "core/event/records/unused_aors.hpp"
#include "core/event/records/waiting_requests.hpp"
#include "core/outbox.hpp"
#include "core/settings.hpp"
#include "core/stats.hpp"

#include <cstddef>
#include <deque>
#include <optional>
#include <string>

namespace reginfo {

/// An AOR by name, which need not be known.
struct AorPlace {
    std::string name;
    Aor* aor = nullptr;
};

/// A subscription to an identity gets the state of the set that lists it. Where the identity is
/// registered no more in that set, and is in another one, the subscription moves there.
class IdentityMoves {
public:
    /// All of it must outlive this.
    struct Parts {
        const Settings& settings;
        Stats& stats;
        const ObserverLink& observer;
        const OpenShards& shards;
        PendingChanges& changes;
        AorTable& aors;
        SubscriptionStore& subscriptions;
        Strays& strays;
        Unsettled& unsettled;
        UnusedAors& unused_aors;
        WaitingRequests& waiting;
        NotifyScheduler& scheduler;
    };

    explicit IdentityMoves(const Parts& parts)
        : settings_(parts.settings),
          stats_(parts.stats),
          observer_(parts.observer),
          shards_(parts.shards),
          changes_(parts.changes),
          aors_(parts.aors),
          subscriptions_(parts.subscriptions),
          strays_(parts.strays),
          unsettled_(parts.unsettled),
          unused_aors_(parts.unused_aors),
          waiting_(parts.waiting),
          scheduler_(parts.scheduler) {}

    /// Where another subscription of the same dialog finds the dialog's identity; nothing if the
    /// profile needs it registered and it is not.
    std::optional<AorPlace> place_of(const Subscription& like, Profile profile);

    /// Some of what the AOR's set lists may be registered now that was not: subscriptions to it may
    /// have to move here, and SUBSCRIBEs that waited for it are ready.
    void registered(const Aor& aor);

    /// run() looks whether the subscription has to move.
    void look_at(Subscription& subscription);

    /// Moves the subscription if it has to, and then sends it a NOTIFY: it may be gone afterwards.
    /// One whose refresh is being stored is looked at after that. Returns whether it has moved.
    bool follow(TimePoint now, Subscription& subscription, Outbox& outbox);

    /// Looks at no more than `count` of those that may have to move. Returns whether there are
    /// more.
    bool run(TimePoint now, std::size_t count, Outbox& outbox);

private:
    void move(TimePoint now, Subscription& subscription, Aor& to, Outbox& outbox);

    const Settings& settings_;
    Stats& stats_;
    const ObserverLink& observer_;
    const OpenShards& shards_;
    PendingChanges& changes_;
    AorTable& aors_;
    SubscriptionStore& subscriptions_;
    Strays& strays_;
    Unsettled& unsettled_;
    UnusedAors& unused_aors_;
    WaitingRequests& waiting_;
    NotifyScheduler& scheduler_;
    std::deque<Slot> may_move_;  ///< subscriptions
};

}  // namespace reginfo
