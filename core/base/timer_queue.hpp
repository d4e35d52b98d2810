/// @file
/// Deadlines of many objects, earliest first.
#pragma once

#include "core/base/time.hpp"

#include <boost/intrusive/list.hpp>
#include <boost/intrusive/parent_from_member.hpp>

#include <array>
#include <cstdint>
#include <optional>

namespace reginfo {

/// The deadline of an object, which may have none: a member of it. A TimerQueue sets it. It leaves
/// the queue when the object ends. Nothing is allocated.
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
/// A distant deadline waits in a coarse slot, and moves to a finer one when time gets there: at
/// most once for each of the nine levels. The timers of the current tick are sorted. Nothing
/// happens between two deadlines.
///
/// Cost: O(1) for set, cancel and next_deadline; amortized O(1) for pop_expired, and O(n log n) for
/// n timers of one tick.
class TimerWheel {
public:
    /// Sets or moves the timer; cancels it if there is no deadline.
    void set(Timer& timer, std::optional<TimePoint> deadline);

    /// The next time at which pop_expired has something to do; nothing if never. Not later than the
    /// earliest deadline, and earlier only after an earlier timer was cancelled.
    std::optional<TimePoint> next_deadline() const;

    /// Removes the earliest timer that is due at or before `now`; nullptr if there is none. Timers
    /// of one deadline come in the order in which they were set. The caller may set and cancel
    /// timers between two calls.
    Timer* pop_expired(TimePoint now);

private:
    using Tick = std::int64_t;
    using List = boost::intrusive::list<Timer, boost::intrusive::constant_time_size<false>>;

    static constexpr unsigned kTickBits = 10;  ///< of a microsecond count: a tick is 1.024 ms
    static constexpr unsigned kSlotBits = 6;
    static constexpr unsigned kLevels = 9;  ///< enough for every TimePoint

    struct Slot {
        List timers;
        TimePoint earliest;  ///< no timer in the slot is due before
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
    /// `tick_`: all timers of one level are due before those of the next.
    std::array<std::array<Slot, 1U << kSlotBits>, kLevels> slots_;
    mutable std::array<std::uint64_t, kLevels> used_{
    };  ///< one bit for each slot that may hold timers
    List due_;  ///< timers not after the current tick, earliest first
    Tick tick_ = 0;
};

/// The wheel for objects of one class: TimerQueue<Dialog, &Dialog::timer>.
template <class Owner, Timer Owner::* member>
class TimerQueue {
public:
    void set(Owner& owner, std::optional<TimePoint> deadline) {
        wheel_.set(owner.*member, deadline);
    }
    std::optional<TimePoint> next_deadline() const { return wheel_.next_deadline(); }
    Owner* pop_expired(TimePoint now) {
        Timer* timer = wheel_.pop_expired(now);
        return timer ? boost::intrusive::get_parent_from_member(timer, member) : nullptr;
    }

private:
    TimerWheel wheel_;
};

}  // namespace reginfo
