/// @file
/// When a dialog's next NOTIFY may leave (RFC 6665 §4.2.1, RFC 6446).
#pragma once

#include "core/base/time.hpp"
#include "core/event/records/dialog.hpp"
#include "core/settings.hpp"

#include <optional>

namespace reginfo {

/// A NOTIFY waits for the pace of its subscription (Settings::Notify::min_interval), the rates that
/// the watcher asked for, and a Retry-After. One that is urgent waits for none of them.
class NotifyTiming {
public:
    /// @param settings  must outlive this
    explicit NotifyTiming(const Settings& settings) : settings_(settings) {}

    /// The subscription whose turn it is: an urgent one, else that whose NOTIFY may leave first.
    /// nullptr if nothing is due.
    Subscription* next_due(TimePoint now, Dialog& dialog) const;

    /// When its NOTIFY may leave; not after `now` if at once.
    TimePoint ready_at(TimePoint now, const Subscription& subscription) const;

    /// When an unanswered NOTIFY gives way to the one that is due for `next`.
    TimePoint supersede_at(TimePoint now, const InFlight& in_flight, const Subscription& next)
        const;

    /// A NOTIFY left that was not urgent.
    void sent(TimePoint now, Subscription& subscription) const;

private:
    static std::optional<TimePoint> wake_at(const Subscription& subscription);

    const Settings& settings_;
};

}  // namespace reginfo
