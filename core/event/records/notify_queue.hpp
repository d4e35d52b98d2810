/// @file
/// How many NOTIFYs wait for a send window, and for how long, without visiting them.
#pragma once

#include "core/base/time.hpp"
#include "core/event/records/queue_ages.hpp"
#include "core/event/records/subscription.hpp"
#include "core/stats.hpp"

namespace reginfo {

/// Counts the subscriptions that are in a queue of some window.
class NotifyQueue {
public:
    explicit NotifyQueue(Stats& stats) : stats_(stats) {}

    void entered(TimePoint now, Subscription& subscription) {
        ++stats_.notifies_queued;
        subscription.queued_at = ages_.entered(now);
    }

    /// It has been taken out of its queue.
    void left(const Subscription& subscription) {
        --stats_.notifies_queued;
        ages_.left(subscription.queued_at);
    }

    /// Takes it out of its queue, if it is in one.
    void leave(Subscription& subscription) {
        if (!subscription.is_queued()) return;
        static_cast<QueueHook&>(subscription).unlink();
        left(subscription);
    }

    /// How long the oldest has waited; zero if none waits.
    Duration oldest(TimePoint now) const { return ages_.oldest(now); }
    bool is_empty() const { return stats_.notifies_queued == 0; }

private:
    QueueAges ages_;
    Stats& stats_;
};

}  // namespace reginfo
