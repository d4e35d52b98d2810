/// @file
/// After a start: does what should have happened while there was no process, at a bounded rate, the
/// oldest first.
#pragma once

#include "core/base/time.hpp"
#include "core/event/package.hpp"
#include "core/event/publish/compositor.hpp"
#include "core/event/records/aor_table.hpp"
#include "core/event/records/missed.hpp"
#include "core/event/records/open_shards.hpp"
#include "core/event/records/subscription_store.hpp"
#include "core/event/subscribe/notifier.hpp"
#include "core/outbox.hpp"
#include "core/settings.hpp"
#include "core/stats.hpp"

#include <cstddef>
#include <optional>

namespace reginfo {

/// Works off the list of what was missed. An entry may refer to a record that is gone, to another
/// one that took its slot, or to something done meanwhile: so each entry is checked when its turn
/// comes.
class Recovery {
public:
    /// All of it must outlive this.
    struct Parts {
        const Settings& settings;
        Stats& stats;
        const OpenShards& shards;
        AorTable& aors;
        SubscriptionStore& subscriptions;
        MissedList& missed;
        FanOut& fan_out;
        Notifier& notifier;
        Compositor& compositor;
    };

    explicit Recovery(const Parts& parts)
        : settings_(parts.settings),
          stats_(parts.stats),
          shards_(parts.shards),
          aors_(parts.aors),
          subscriptions_(parts.subscriptions),
          missed_(parts.missed),
          fan_out_(parts.fan_out),
          notifier_(parts.notifier),
          compositor_(parts.compositor) {}

    /// All records are back, or those of a shard: more was missed.
    void start();

    /// Nothing was done for a while: what is overdue is worked off like what was missed.
    void resume(TimePoint now);

    /// Nothing of the shard was missed here. @pre its records are forgotten, or about to be
    void drop(Shard shard);

    /// Does as much as may be done by now.
    void run(TimePoint now, Outbox& outbox);

    /// When run() has something to do next; nothing if never again.
    std::optional<TimePoint> next_deadline() const;

    /// Ends at once what a PUBLISH or SUBSCRIBE is about and whose time was over before the start,
    /// so that the request does not meet it.
    void expire_first(TimePoint now, const Request& request, Outbox& outbox);

private:
    bool is_over() const { return next_ == missed_.size(); }
    bool is_held_up() const;
    std::size_t expire_aor_of(TimePoint now, const Missed& missed, Outbox& outbox);
    std::size_t process(TimePoint now, const Missed& missed, Outbox& outbox);
    bool is_overdue(TimePoint now, Aor& aor) const;
    std::size_t expire(TimePoint now, Aor& aor, Outbox& outbox);
    void count();
    void forget_done();

    const Settings& settings_;
    Stats& stats_;
    const OpenShards& shards_;
    AorTable& aors_;
    SubscriptionStore& subscriptions_;
    MissedList& missed_;
    FanOut& fan_out_;
    Notifier& notifier_;
    Compositor& compositor_;
    std::size_t next_ = 0;
    std::size_t sorted_ = 0;  ///< so many of the list are in order
    TimePoint free_at_;       ///< when the next NOTIFY may leave
};

}  // namespace reginfo
