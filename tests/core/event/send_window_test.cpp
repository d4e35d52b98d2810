/// @file
/// A window per next hop: bounded, shared fairly, growing and halving (DESIGN.md rule 11).

#include "core/event/send_window.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <string>
#include <vector>

namespace reginfo {
namespace {

using namespace std::chrono_literals;

const TimePoint kStart{1000s};

class SendWindowTest : public ::testing::Test {
protected:
    static Settings::Notify small() {
        Settings::Notify notify;
        notify.window_initial = 16;
        notify.window_min = 8;
        notify.window_max = 64;
        return notify;
    }

    Subscription& waiting(Aor& aor, bool urgent = false) {
        Subscription& subscription = subscriptions.emplace_back(dialogs.emplace_back(), aor);
        subscription.urgent = urgent;
        window.enqueue(subscription);
        return subscription;
    }

    /// Fills the window and answers all that is in flight, each after `round_trip`.
    void round(Duration round_trip) {
        std::deque<InFlight> flying;
        while (window.has_room()) window.sent(flying.emplace_back());
        for (InFlight& notify : flying) {
            window.answered(round_trip);
            window.done(notify);
        }
    }

    Settings::Notify settings = small();
    SendWindow window{settings};
    OpenStates states{1, 1};
    Aor a{"sip:a@example.org", states};
    Aor b{"sip:b@example.org", states};
    std::deque<Dialog> dialogs;
    std::deque<Subscription> subscriptions;
};

TEST_F(SendWindowTest, HasRoomUntilItsLimitIsInFlight) {
    std::size_t sent = 0;
    std::deque<InFlight> notifies;
    for (; window.has_room(); ++sent) window.sent(notifies.emplace_back());
    EXPECT_EQ(sent, 16U);
    EXPECT_EQ(window.in_flight_count(), 16U);
    window.done(notifies.front());
    EXPECT_TRUE(window.has_room());
    for (std::size_t i = 1; i < sent; ++i) window.done(notifies[i]);
    EXPECT_TRUE(window.is_idle());
}

TEST_F(SendWindowTest, GrowsWithAnswersWhileItIsInFullUse) {
    const double before = window.limit();
    round(10ms);
    EXPECT_GT(window.limit(), before);
    for (int i = 0; i < 1000; ++i) round(10ms);
    EXPECT_EQ(window.limit(), 64.0) << "up to its maximum";
}

TEST_F(SendWindowTest, DoesNotGrowWhileItIsNotInFullUse) {
    InFlight notify;
    for (int i = 0; i < 100; ++i) {
        window.sent(notify);
        window.answered(10ms);
        window.done(notify);
    }
    EXPECT_EQ(window.limit(), 16.0);
}

TEST_F(SendWindowTest, DoesNotGrowWhileAnswersSayThatAQueueIsFilling) {
    round(1ms);
    const double before = window.limit();
    for (int i = 0; i < 10; ++i) round(200ms);
    EXPECT_EQ(window.limit(), before);
}

TEST_F(SendWindowTest, NearbyAMillisecondMoreThanTheShortestIsAQueue) {
    round(200us);
    const double before = window.limit();
    round(1'300us);
    EXPECT_EQ(window.limit(), before);
    round(1'100us);
    EXPECT_GT(window.limit(), before);
}

TEST_F(SendWindowTest, FarAwayAQuarterMoreThanTheShortestIsNone) {
    round(20ms);
    const double before = window.limit();
    round(24ms);
    EXPECT_GT(window.limit(), before);
}

TEST_F(SendWindowTest, AFirstRoundTripThatWasSlowLetsNoLongQueueGrow) {
    round(20ms);
    const double before = window.limit();
    for (int i = 0; i < 10; ++i) round(30ms);
    EXPECT_EQ(window.limit(), before);
}

TEST_F(SendWindowTest, HalvesOnARetransmissionAtMostOnceAT1) {
    window.retransmitted(kStart, 500ms);
    EXPECT_EQ(window.limit(), 8.0);

    SendWindow other(settings);
    for (int i = 0; i < 100; ++i) other.retransmitted(kStart + i * 1ms, 500ms);
    EXPECT_EQ(other.limit(), 8.0);
}

TEST_F(SendWindowTest, NeverFallsBelowItsMinimum) {
    for (int i = 0; i < 10; ++i) window.retransmitted(kStart + i * 1s, 500ms);
    EXPECT_EQ(window.limit(), 8.0);
}

TEST_F(SendWindowTest, AorsTakeTurnsHoweverManyOfOneWait) {
    for (int i = 0; i < 100; ++i) waiting(a);
    const Subscription& of_b = waiting(b);
    EXPECT_EQ(&window.pop()->aor, &a);
    EXPECT_EQ(window.pop(), &of_b);
    EXPECT_EQ(&window.pop()->aor, &a);
}

TEST_F(SendWindowTest, WithinOneAorTheFirstGoesFirst) {
    const Subscription& first = waiting(a);
    const Subscription& second = waiting(a);
    EXPECT_EQ(window.pop(), &first);
    EXPECT_EQ(window.pop(), &second);
    EXPECT_EQ(window.pop(), nullptr);
}

TEST_F(SendWindowTest, UrgentOnesGoFirstAlsoIfTheyWaitAlready) {
    waiting(a);
    Subscription& becomes = waiting(a);
    const Subscription& urgent = waiting(b, true);
    becomes.urgent = true;
    window.enqueue(becomes);
    EXPECT_EQ(window.pop(), &urgent);
    EXPECT_EQ(window.pop(), &becomes);
    EXPECT_NE(window.pop(), nullptr);
    EXPECT_EQ(window.pop(), nullptr) << "nobody waits twice";
}

TEST_F(SendWindowTest, WaitingTwiceIsWaitingOnce) {
    Subscription& one = waiting(a);
    window.enqueue(one);
    EXPECT_EQ(window.pop(), &one);
    EXPECT_EQ(window.pop(), nullptr);
}

}  // namespace
}  // namespace reginfo
