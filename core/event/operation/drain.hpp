/// @file
/// Gets the server ready to be stopped.
#pragma once

#include "core/base/time.hpp"
#include "core/base/token_source.hpp"
#include "core/event/notify/notify_scheduler.hpp"
#include "core/event/records/records.hpp"
#include "core/outbox.hpp"

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
    Drain(Records& records, NotifyScheduler& scheduler, TokenSource& tokens)
        : records_(records), scheduler_(scheduler), tokens_(tokens) {}

    /// Does nothing if it has started.
    void start(TimePoint now);
    bool has_started() const { return records_.stats.drain_phase != 0; }

    /// Ends those whose turn it is, at most `count`.
    void run(TimePoint now, std::size_t count, Outbox& outbox);
    std::optional<TimePoint> next_deadline() const { return next_at_; }

    /// Nobody is left to be ended.
    bool is_over() const { return records_.stats.drain_phase == kOnlyAnswersLeft; }

private:
    Subscription* next();
    Duration pause();

    Records& records_;
    NotifyScheduler& scheduler_;
    TokenSource& tokens_;
    std::optional<TimePoint> next_at_;
    std::size_t cursor_ = 0;  ///< a slot of the subscriptions
};

}  // namespace reginfo
