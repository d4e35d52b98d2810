/// @file
/// Deadlines of many things, earliest first.
#pragma once

#include "core/base/time.hpp"

#include <boost/intrusive/list.hpp>
#include <boost/intrusive/parent_from_member.hpp>

#include <array>
#include <cstdint>
#include <optional>

namespace reginfo {

/// The one deadline of a thing that may have none: a member of it, gone with it. A TimerQueue sets
/// it; nothing is allocated.
class Timer : public boost::intrusive::list_base_hook<
                  boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
public:
    bool is_set() const { return is_linked(); }
    void cancel() { unlink(); }

private:
    friend class TimerWheel;

    TimePoint deadline_;
};

/// A hierarchical timing wheel of exact deadlines.
///
/// A deadline that is far away waits in a coarse slot, and moves to a finer one when time gets
/// there: at most once for each of the nine levels. What is due within the current tick stands in
/// order. Nothing happens between two deadlines.
///
/// Complexity: set and cancel are O(1); pop_expired is amortized O(1), and O(n log n) for n that
/// are due within one tick; next_deadline is O(1).
class TimerWheel {
public:
    /// Sets, moves or (to nothing) cancels.
    void set(Timer& timer, std::optional<TimePoint> deadline);

    /// When pop_expired will next have something to do, nothing when it never will. Not later than
    /// the earliest deadline; earlier only where one that came before it was cancelled.
    std::optional<TimePoint> next_deadline() const;

    /// Takes out the earliest one due at or before `now`, equal ones in the order in which they
    /// were set; nullptr if there is none. One at a time, so that the caller may set and cancel
    /// freely between two calls.
    Timer* pop_expired(TimePoint now);

private:
    using Tick = std::int64_t;
    using List = boost::intrusive::list<Timer, boost::intrusive::constant_time_size<false>>;

    static constexpr unsigned kTickBits = 10;  ///< of a microsecond count: a tick is 1.024 ms
    static constexpr unsigned kSlotBits = 6;
    static constexpr unsigned kLevels = 9;  ///< reach all of a TimePoint

    struct Slot {
        List timers;
        TimePoint earliest;  ///< no timer in it is due before
    };
    struct Place {
        unsigned level;
        unsigned slot;
    };

    static Tick tick_of(TimePoint at) { return at.time_since_epoch().count() >> kTickBits; }
    void put(Timer& timer);
    void put_due(Timer& timer);
    std::optional<Place> first() const;
    void advance(TimePoint now);

    /// A timer is on the level of the highest digit (base 64) in which its tick differs from
    /// `tick_`: all on one level come before all on the next.
    std::array<std::array<Slot, 1U << kSlotBits>, kLevels> slots_;
    mutable std::array<std::uint64_t, kLevels> used_{};  ///< a bit for a slot that may hold some
    List due_;  ///< those not after the current tick, earliest first
    Tick tick_ = 0;
};

/// The wheel for things of one kind: TimerQueue<Dialog, &Dialog::timer>.
template <class Thing, Timer Thing::* member>
class TimerQueue {
public:
    void set(Thing& thing, std::optional<TimePoint> deadline) {
        wheel_.set(thing.*member, deadline);
    }
    std::optional<TimePoint> next_deadline() const { return wheel_.next_deadline(); }
    Thing* pop_expired(TimePoint now) {
        Timer* timer = wheel_.pop_expired(now);
        return timer ? boost::intrusive::get_parent_from_member(timer, member) : nullptr;
    }

private:
    TimerWheel wheel_;
};

}  // namespace reginfo
