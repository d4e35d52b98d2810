/// @file
/// How a subscription ends and goes away.
#pragma once

#include "core/base/time.hpp"
#include "core/event/records/observer_link.hpp"
#include "core/event/records/pending_changes.hpp"
#include "core/event/records/strays.hpp"
#include "core/event/records/subscription_store.hpp"
#include "core/event/records/unsettled.hpp"
#include "core/event/records/unused_aors.hpp"
#include "core/outbox.hpp"
#include "core/settings.hpp"

namespace reginfo {

class SubscriptionEnds {
public:
    /// All of it must outlive this.
    struct Parts {
        const Settings& settings;
        const ObserverLink& observer;
        PendingChanges& changes;
        SubscriptionStore& subscriptions;
        Strays& strays;
        Unsettled& unsettled;
        UnusedAors& unused_aors;
    };

    explicit SubscriptionEnds(const Parts& parts) : parts_(parts) {}

    /// The subscription is over, if it was not already: only its last NOTIFY is left.
    void set_terminated(TimePoint now, Subscription& subscription, TerminationReason reason);

    /// Removes a subscription, its dialog if it was the last usage, and its AOR if nothing is left
    /// of it.
    /// @pre no NOTIFY of it is in flight or waits for a window, and nobody waits for its dialog if
    ///      it is the last usage
    void remove(TimePoint now, Subscription& subscription, Outbox& outbox);

    /// Forgets the dialog with its subscriptions: from memory only, and the observer is not told.
    /// @pre no NOTIFY of the dialog is in flight or waits, and no request for it waits
    void forget(TimePoint now, Dialog& dialog);

private:
    Parts parts_;
};

}  // namespace reginfo
