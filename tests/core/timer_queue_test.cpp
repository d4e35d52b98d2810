/// @file
/// Deadlines, earliest first.

#include "core/timer_queue.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace reginfo {
namespace {

using namespace std::chrono_literals;

TEST(TimerQueue, AnEmptyOneHasNoDeadline) {
    TimerQueue<int> queue;
    EXPECT_EQ(queue.next_deadline(), std::nullopt);
    EXPECT_EQ(queue.pop_expired(TimePoint::max()), std::nullopt);
}

TEST(TimerQueue, AKeyPopsAtItsDeadlineAndNotBefore) {
    TimerQueue<int> queue;
    queue.schedule(TimePoint{5s}, 1);
    EXPECT_EQ(queue.pop_expired(TimePoint{5s - 1us}), std::nullopt);
    EXPECT_EQ(queue.pop_expired(TimePoint{5s}), 1);
    EXPECT_EQ(queue.next_deadline(), std::nullopt);
}

TEST(TimerQueue, TheEarliestPopsFirstAndEqualOnesInTheOrderOfScheduling) {
    TimerQueue<std::string> queue;
    queue.schedule(TimePoint{2s}, "b");
    queue.schedule(TimePoint{1s}, "a");
    queue.schedule(TimePoint{2s}, "c");
    EXPECT_EQ(queue.next_deadline(), TimePoint{1s});
    std::string order;
    while (const auto key = queue.pop_expired(TimePoint{9s})) order += *key;
    EXPECT_EQ(order, "abc");
}

TEST(TimerQueue, ARescheduledKeyPopsAtItsNewDeadlineOnly) {
    TimerQueue<int> queue;
    const auto handle = queue.schedule(TimePoint{1s}, 1);
    queue.reschedule(handle, TimePoint{3s});
    EXPECT_EQ(queue.pop_expired(TimePoint{2s}), std::nullopt);
    EXPECT_EQ(queue.next_deadline(), TimePoint{3s});
    EXPECT_EQ(queue.pop_expired(TimePoint{3s}), 1);
}

TEST(TimerQueue, ACancelledKeyNeverPops) {
    TimerQueue<int> queue;
    queue.cancel(queue.schedule(TimePoint{1s}, 1));
    EXPECT_EQ(queue.next_deadline(), std::nullopt);
}

TEST(Timer, HoldsOneDeadlineHoweverOftenItIsSet) {
    TimerQueue<int> queue;
    Timer<int> timer;
    timer.set(queue, TimePoint{1s}, 7);
    timer.set(queue, TimePoint{2s}, 7);
    timer.set(queue, TimePoint{2s}, 7);
    EXPECT_EQ(queue.next_deadline(), TimePoint{2s});
    EXPECT_EQ(queue.pop_expired(TimePoint{9s}), 7);
    timer.popped();
    EXPECT_EQ(queue.pop_expired(TimePoint{9s}), std::nullopt);
    timer.set(queue, TimePoint{3s}, 7);
    EXPECT_EQ(queue.next_deadline(), TimePoint{3s});
}

TEST(Timer, SetToNothingOrCancelledItIsNotDue) {
    TimerQueue<int> queue;
    Timer<int> timer;
    timer.set(queue, TimePoint{1s}, 7);
    timer.set(queue, std::nullopt, 7);
    EXPECT_EQ(queue.next_deadline(), std::nullopt);
    timer.set(queue, TimePoint{1s}, 7);
    timer.cancel(queue);
    timer.cancel(queue);
    EXPECT_EQ(queue.next_deadline(), std::nullopt);
}

}  // namespace
}  // namespace reginfo
