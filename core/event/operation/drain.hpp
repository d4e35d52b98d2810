/// @file
/// Gets the server ready to be stopped.
#pragma once

#include "core/base/time.hpp"
#include "core/base/token_source.hpp"
#include "core/event/notify/notify_scheduler.hpp"
#include "core/event/records/open_shards.hpp"
#include "core/event/records/subscription_store.hpp"
#include "core/outbox.hpp"
#include "core/settings.hpp"
#include "core/stats.hpp"

#include <cstddef>
#include <optional>

namespace reginfo {

/// With a durable store nothing is ended: the next process takes over. Without one, every
/// subscription is ended `deactivated`, so that its watcher subscribes anew elsewhere or later
/// (RFC 6665 §4.4.1): at a set rate, and not evenly, so that they do not come back in step. One of
/// profile kamailio would never come back; it is left to the 481 to its refresh.
class Drain {
public:
    /// All of it must outlive this.
    struct Parts {
        const Settings& settings;
        Stats& stats;
        const OpenShards& shards;
        SubscriptionStore& subscriptions;
        NotifyScheduler& scheduler;
        TokenSource& tokens;
    };

    explicit Drain(const Parts& parts)
        : settings_(parts.settings),
          stats_(parts.stats),
          shards_(parts.shards),
          subscriptions_(parts.subscriptions),
          scheduler_(parts.scheduler),
          tokens_(parts.tokens) {}

    /// Does nothing if it has started.
    void start(TimePoint now);
    bool has_started() const { return stats_.drain_phase != 0; }

    /// Ends those whose turn it is, at most `count`.
    void run(TimePoint now, std::size_t count, Outbox& outbox);
    std::optional<TimePoint> next_deadline() const { return next_at_; }

    /// Nobody is left to be ended.
    bool is_over() const { return stats_.drain_phase == kOnlyAnswersLeft; }

private:
    Subscription* next();
    Duration pause();

    const Settings& settings_;
    Stats& stats_;
    const OpenShards& shards_;
    SubscriptionStore& subscriptions_;
    NotifyScheduler& scheduler_;
    TokenSource& tokens_;
    std::optional<TimePoint> next_at_;
    std::size_t cursor_ = 0;  ///< a slot of the subscriptions
};

}  // namespace reginfo
