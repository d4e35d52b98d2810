/// @file
/// Everything the server remembers of AORs and their watchers, and how it goes away again.
#pragma once

#include "core/base/hash.hpp"
#include "core/base/time.hpp"
#include "core/base/timer_queue.hpp"
#include "core/event/records/aor.hpp"
#include "core/event/records/aor_table.hpp"
#include "core/event/records/dialog.hpp"
#include "core/event/records/identity_index.hpp"
#include "core/event/records/observer.hpp"
#include "core/event/records/open_shards.hpp"
#include "core/event/records/pending_changes.hpp"
#include "core/event/records/strays.hpp"
#include "core/event/records/subscription.hpp"
#include "core/event/records/subscription_store.hpp"
#include "core/event/records/unsettled.hpp"
#include "core/outbox.hpp"
#include "core/settings.hpp"
#include "core/stats.hpp"

#include <cstdint>

namespace reginfo {

/// The tables that PUBLISH, SUBSCRIBE and NOTIFY work on.
struct Records {
    /// Keys of the hash tables.
    struct Keys {
        std::uint64_t aors = 0;
        std::uint64_t dialogs = 0;
        std::uint64_t identities = 0;
    };

    /// All of it must outlive this.
    Records(const Settings& settings_, Stats& stats_, PendingChanges& changes_, const Keys& keys);

    const Settings& settings;
    Stats& stats;
    PendingChanges& changes;
    Observer* observer = nullptr;
    OpenShards shards;
    AorTable aors;
    TimerQueue<Aor, &Aor::timer> aor_timers;
    SubscriptionStore subscriptions;
    IdentityIndex identities;
    Strays strays;
    Unsettled unsettled;

    /// Removes a subscription, its dialog if it was the last usage, and its AOR if nothing is left
    /// of it.
    /// @pre no NOTIFY of it is in flight or waits for a window, and nobody waits for its dialog if
    ///      it is the last usage
    void remove(TimePoint now, Subscription& subscription, Outbox& outbox);

    /// The watcher has the AOR's state of that revision. When all have the newest, contacts that
    /// ended are forgotten.
    void acknowledge(TimePoint now, Subscription& subscription, Revision revision);

    /// An active subscription that is not refreshed before is over then.
    TimePoint lives_until(const Subscription& subscription) const {
        return subscription.deadline + settings.subscribe_grace;
    }

    /// The subscription is over, if it was not already: only its last NOTIFY is left.
    void set_terminated(TimePoint now, Subscription& subscription, TerminationReason reason);

    /// What the subscription is to is registered nowhere now; or it is registered again, or the
    /// subscription ends.
    void set_stray(Subscription& subscription, bool is_stray);

    /// The rates that the watcher asks for from now on (RFC 6446), as far as they are granted.
    void set_rates(TimePoint now, Subscription& subscription, const Rates& wanted) const;

    /// Forgets the dialog with its subscriptions, and the AOR with its state: from memory only, and
    /// the observer is not told. Who still watches the AOR, from a dialog of another shard, waits
    /// for it to come back.
    /// @pre no NOTIFY of the dialog is in flight or waits, and no request for either waits
    void forget(TimePoint now, Dialog& dialog);
    void forget(Aor& aor);
    /// One who watched the AOR, or was about to, is forgotten. Where that was the last one and the
    /// AOR is served here, it goes by the ordinary way.
    void watcher_left(TimePoint now, Aor& aor);

    Aor& find_or_create(std::string_view name);
    void drop_if_unused(Aor& aor, Outbox& outbox);

    /// A watcher of the AOR ends, or has answered: perhaps it was the last one that lagged.
    void look_whether_settled(TimePoint now, Aor& aor) {
        if (aor.lagging() == 0) unsettled.told(now, aor);
    }

    /// Calls the observer, if there is one.
    void observe(TimePoint now, const Subscription& subscription, SubscriptionEvent event) const {
        if (observer) observer->subscription_changed(now, subscription, event);
    }

private:
    void uncount(Aor& aor);
    void erase(Aor& aor);
};

}  // namespace reginfo
