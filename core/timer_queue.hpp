/// @file
/// Deadlines of many things, earliest first.
#pragma once

#include "core/time.hpp"

#include <map>
#include <optional>
#include <utility>

namespace reginfo {

/// A set of keys, each due at one deadline.
///
/// Complexity: schedule, reschedule and cancel are O(log n); next_deadline is O(1).
/// reschedule reuses the map node, so refreshing soft state does not allocate.
/// A Handle stays valid until its entry is cancelled or popped; using it later is undefined.
template <class Key>
class TimerQueue {
    using Entries = std::multimap<TimePoint, Key>;

public:
    using Handle = typename Entries::iterator;

    Handle schedule(TimePoint deadline, Key key) {
        return entries_.emplace(deadline, std::move(key));
    }

    Handle reschedule(Handle handle, TimePoint deadline) {
        auto node = entries_.extract(handle);
        node.key() = deadline;
        return entries_.insert(std::move(node));
    }

    void cancel(Handle handle) { entries_.erase(handle); }

    /// When pop_expired will next have something to return; nothing when the queue is empty.
    std::optional<TimePoint> next_deadline() const {
        if (entries_.empty()) return std::nullopt;
        return entries_.begin()->first;
    }

    /// Removes and returns the earliest key due at or before `now`; equal deadlines pop in the
    /// order they were scheduled. One at a time, so that the caller may schedule and cancel
    /// freely between two calls.
    std::optional<Key> pop_expired(TimePoint now) {
        if (entries_.empty() || entries_.begin()->first > now) return std::nullopt;
        return std::move(entries_.extract(entries_.begin()).mapped());
    }

private:
    Entries entries_;
};

/// The one deadline of a record that may have none: schedules, moves and cancels as needed.
template <class Key>
class Timer {
public:
    void set(TimerQueue<Key>& queue, std::optional<TimePoint> deadline, Key key) {
        if (!deadline) {
            cancel(queue);
        } else if (!handle_) {
            handle_ = queue.schedule(*deadline, std::move(key));
        } else if ((*handle_)->first != *deadline) {
            handle_ = queue.reschedule(*handle_, *deadline);
        }
    }

    void cancel(TimerQueue<Key>& queue) {
        if (handle_) queue.cancel(*handle_);
        handle_.reset();
    }

    /// The queue popped the entry.
    void popped() { handle_.reset(); }

private:
    std::optional<typename TimerQueue<Key>::Handle> handle_;
};

}  // namespace reginfo
