/// @file
/// Everything the server remembers, and how it goes away again.
#pragma once

#include "core/event/commits.hpp"
#include "core/event/documents.hpp"
#include "core/event/early_subscribes.hpp"
#include "core/event/identity_index.hpp"
#include "core/event/observer.hpp"
#include "core/event/queue_ages.hpp"
#include "core/event/strays.hpp"
#include "core/event/subscription.hpp"
#include "core/event/subscription_store.hpp"
#include "core/event/tracer.hpp"
#include "core/outbox.hpp"
#include "core/random.hpp"
#include "core/settings.hpp"
#include "core/slot_table.hpp"
#include "core/spare_texts.hpp"
#include "core/stats.hpp"
#include "core/time.hpp"
#include "core/timer_queue.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace reginfo {

/// Something that should have happened while there was no process.
struct Missed {
    enum class What : std::uint8_t {
        untold,                ///< a subscription may not have been told the newest state
        aor_expired,           ///< contacts or publications of an AOR
        subscription_expired,  ///< a subscription
    };

    TimePoint since;
    Slot slot = 0;  ///< of that AOR or subscription
    What what = What::untold;
};

/// Requests whose turn it is, one after the other, until one of them closes their turnstile again.
struct Line {
    std::unique_ptr<std::deque<WaitingRequest>> waiting;
    std::function<Turnstile*()> turnstile;  ///< null if its AOR or dialog is gone
};

/// The tables that PUBLISH, SUBSCRIBE and NOTIFY work on. Borrowed by all of them for life.
struct Records {
    Records(const Settings& settings_, Stats& stats_, const Seed& seed);

    const Settings& settings;
    Stats& stats;
    TokenSource tokens;
    HashSeeds hash_seeds;
    Commits commits;
    AorTable aors;
    TimerQueue<Aor, &Aor::timer> aor_timers;
    SubscriptionStore subscriptions;
    IdentityIndex identities;
    Strays strays;
    EarlySubscribes early;
    Documents documents;
    SpareTexts spare_texts;

    /// Removes a subscription, its dialog if it was the last usage, and its AOR if nothing is left
    /// of it. @pre no NOTIFY of it is in flight
    void remove(TimePoint now, Subscription& subscription, Outbox& outbox);

    /// The watcher has the AOR's state of that revision. When all have the newest, contacts that
    /// ended are forgotten.
    void acknowledge(Subscription& subscription, Revision revision);

    /// An active subscription that is not refreshed before is over then.
    TimePoint lives_until(const Subscription& subscription) const {
        return subscription.deadline + settings.subscribe_grace;
    }

    /// What it is to is registered nowhere now, or it is again, or that is nobody's business any
    /// more.
    void set_stray(Subscription& subscription, bool is_stray);

    /// The rates that the watcher asks for from now on (RFC 6446), as far as they are granted.
    void set_rates(TimePoint now, Subscription& subscription, const Rates& wanted) const;

    void drop_if_unused(Aor& aor, Outbox& outbox);

    /// The subscription waits for a window, or does not any more.
    void queued(TimePoint now, Subscription& subscription);
    void unqueued(Subscription& subscription);

    /// Tells the observer, if there is one.
    void observe(TimePoint now, const Subscription& subscription, SubscriptionEvent event) const {
        if (observer) observer->subscription_changed(now, subscription, event);
    }

    /// So much is on its way to the store that no more is taken on; counted and noted.
    bool store_is_behind(const Flow& flow, Outbox& outbox);

    /// Holds a request back behind a pending commit. Returns false if too many wait already;
    /// counted and noted.
    bool hold(
        Turnstile& turnstile,
        const TransactionKey& key,
        const Flow& flow,
        std::string_view bytes,
        Outbox& outbox
    );
    /// The same for a SUBSCRIBE to what is not registered yet. False if there is no room.
    bool hold_early(std::string_view identity, WaitingRequest request, Outbox& outbox);
    /// It is their turn, be it for what they waited for or because their time is over.
    void let_in(WaitingRequests early);
    /// That time is now for all of them.
    void end_early(TimePoint now);

    /// Opens a turnstile: those that waited behind it are in `released`.
    void release(Aor& aor);
    void release(Dialog& dialog);
    /// The first of those whose turn it is; nothing if it is nobody's.
    std::optional<WaitingRequest> next_released();

    Observer* observer = nullptr;
    QueueAges queue_ages;
    std::vector<Missed> missed;  ///< Recovery sees to it
    std::deque<Line> released;
    std::size_t waiting = 0;            ///< requests held back, early or released, in all
    std::size_t waiting_bytes = 0;      ///< of their messages
    std::size_t in_flight_bytes = 0;    ///< of the heads of NOTIFYs in flight
    std::uint64_t uncounted_bytes = 0;  ///< that the process holds besides what is counted here
    bool is_memory_full = false;        ///< as the newest request found it
    Tracer tracer;
    void count_aors() { stats.aors = aors.size(); }
};

}  // namespace reginfo
