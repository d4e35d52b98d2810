/// @file
/// Deadlines, earliest first.

#include "core/base/timer_queue.hpp"

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

namespace reginfo {
namespace {

using namespace std::chrono_literals;

struct Thing {
    char name = 0;
    Timer timer;
};

class TimerQueueTest : public ::testing::Test {
protected:
    /// The names of the timers due by then, in order.
    std::string due(TimePoint now) {
        std::string names;
        while (Thing* thing = queue.pop_expired(now)) names += thing->name;
        return names;
    }

    TimerQueue<Thing, &Thing::timer> queue;
    Thing a{'a', {}};
    Thing b{'b', {}};
    Thing c{'c', {}};
};

TEST_F(TimerQueueTest, AnEmptyOneHasNoDeadline) {
    EXPECT_EQ(queue.next_deadline(), std::nullopt);
    EXPECT_EQ(due(TimePoint::max()), "");
}

TEST_F(TimerQueueTest, AThingIsDueAtItsDeadlineAndNotBefore) {
    for (const Duration after : std::initializer_list<Duration>{1us, 1ms, 500ms, 5s, 4h, 87600h}) {
        const TimePoint at = TimePoint{1s} + after;
        queue.set(a, at);
        EXPECT_EQ(queue.next_deadline(), at);
        EXPECT_EQ(due(at - 1us), "");
        EXPECT_EQ(due(at), "a");
        EXPECT_EQ(queue.next_deadline(), std::nullopt);
        queue.set(a, TimePoint{1s});
        EXPECT_EQ(due(at), "a") << "one that has passed is due at once";
    }
}

TEST_F(TimerQueueTest, TheEarliestIsFirstAndEqualOnesAreInTheOrderOfSetting) {
    for (const Duration unit : std::initializer_list<Duration>{1us, 1ms, 1s, 1h}) {
        const TimePoint from = TimePoint{} + 100 * unit;
        queue.set(b, from + 2 * unit);
        queue.set(a, from + unit);
        queue.set(c, from + 2 * unit);
        EXPECT_EQ(queue.next_deadline(), from + unit);
        EXPECT_EQ(due(from + 9 * unit), "abc");
    }
}

TEST_F(TimerQueueTest, OneThatIsSetAgainIsDueAtItsNewDeadlineOnly) {
    queue.set(a, TimePoint{1s});
    queue.set(a, TimePoint{3s});
    EXPECT_EQ(due(TimePoint{2s}), "");
    EXPECT_EQ(queue.next_deadline(), TimePoint{3s});
    EXPECT_EQ(due(TimePoint{3s}), "a");
}

TEST_F(TimerQueueTest, OneThatIsCancelledIsNeverDue) {
    queue.set(a, TimePoint{1s});
    queue.set(a, std::nullopt);
    queue.set(b, TimePoint{1s});
    b.timer.cancel();
    b.timer.cancel();
    EXPECT_FALSE(a.timer.is_set() || b.timer.is_set());
    EXPECT_EQ(queue.next_deadline(), std::nullopt);
}

TEST_F(TimerQueueTest, OneThatIsGoneIsNeverDue) {
    {
        Thing gone;
        queue.set(gone, TimePoint{1s});
        queue.set(a, TimePoint{1s});
    }
    EXPECT_EQ(due(TimePoint{1s}), "a");
}

TEST_F(TimerQueueTest, WhatIsDueMaySetAndCancelOthers) {
    queue.set(a, TimePoint{1s});
    queue.set(b, TimePoint{1s});
    ASSERT_EQ(queue.pop_expired(TimePoint{1s}), &a);
    b.timer.cancel();
    queue.set(c, TimePoint{1s});
    queue.set(a, TimePoint{1s});
    EXPECT_EQ(due(TimePoint{1s}), "ca");
}

TEST_F(TimerQueueTest, TheNextDeadlineIsNeverLaterThanATimer) {
    queue.set(a, TimePoint{1000s});
    queue.set(b, TimePoint{1001s});
    a.timer.cancel();
    std::optional<TimePoint> next = queue.next_deadline();
    for (int i = 0; i < 10 && next && *next < TimePoint{1001s}; ++i) {
        EXPECT_EQ(due(*next), "");
        next = queue.next_deadline();
    }
    EXPECT_EQ(next, TimePoint{1001s});
}

/// Against a plain list of deadlines.
RC_GTEST_PROP(TimerQueue, DoesWhatASortedListWould, ()) {
    struct Entry {
        Thing thing;
        std::optional<TimePoint> at;
        std::uint64_t set = 0;
    };
    std::array<Entry, 16> entries;
    TimerQueue<Thing, &Thing::timer> queue;
    TimePoint now{};
    std::uint64_t count = 0;
    const int steps = *rc::gen::inRange(1, 200);
    for (int i = 0; i < steps; ++i) {
        Entry& entry = entries[*rc::gen::inRange<std::size_t>(0, entries.size())];
        const Duration far = Duration{1} * (std::int64_t{1} << *rc::gen::inRange(0, 50));
        const Duration off = far + Duration{*rc::gen::inRange(-2, 3)};
        switch (*rc::gen::inRange(0, 4)) {
            case 0:
                entry.thing.timer.cancel();
                entry.at.reset();
                break;
            case 1:
                now += far;
                break;
            default:
                entry.at = now + off;
                entry.set = ++count;
                queue.set(entry.thing, entry.at);
        }
        while (true) {
            Entry* first = nullptr;
            for (Entry& one : entries) {
                if (!one.at || *one.at > now) continue;
                const bool before = !first || *one.at < *first->at ||
                                    (*one.at == *first->at && one.set < first->set);
                if (before) first = &one;
            }
            RC_ASSERT(queue.pop_expired(now) == (first ? &first->thing : nullptr));
            if (!first) break;
            first->at.reset();
        }
        std::optional<TimePoint> next;
        for (const Entry& one : entries) {
            if (one.at && (!next || *one.at < *next)) next = one.at;
        }
        RC_ASSERT(queue.next_deadline().has_value() == next.has_value());
        RC_ASSERT(!next || *queue.next_deadline() <= *next);
    }
}

}  // namespace
}  // namespace reginfo
