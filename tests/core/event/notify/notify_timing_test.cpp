/// @file
/// When the next NOTIFY may leave, stepped by hand.

#include "core/event/notify/notify_timing.hpp"

#include "core/event/persistence/open_states.hpp"
#include "core/event/records/aor.hpp"
#include "tests/support/engine_fixture.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>

namespace reginfo::test {
namespace {

using namespace std::chrono_literals;

class NotifyTimingTest : public ::testing::Test {
protected:
    NotifyTimingTest() {
        settings.notify.min_interval = 5s;
        settings.notify.burst = 1;
    }

    Subscription& subscription() {
        dialog.subscriptions.push_back(std::make_unique<Subscription>(dialog, aor));
        return *dialog.subscriptions.back();
    }

    Settings settings = test_settings();
    NotifyTiming timing{settings};
    OpenStates states{1, 1};
    Aor aor{"sip:a@example.org", 1, states};
    Dialog dialog;
    TimePoint now{100s};
};

TEST_F(NotifyTimingTest, ASubscriptionWithoutAChangeIsNotDue) {
    subscription();
    EXPECT_EQ(timing.next_due(now, dialog), nullptr);
}

TEST_F(NotifyTimingTest, NewsWaitsForThePaceAndUrgentNewsDoesNot) {
    Subscription& one = subscription();
    timing.sent(now, one);
    one.set_due();
    EXPECT_EQ(timing.ready_at(now, one), now + 5s);
    one.set_urgent();
    EXPECT_EQ(timing.ready_at(now, one), now);
}

TEST_F(NotifyTimingTest, AnUrgentNotifyCostsNoneOfThePace) {
    Subscription& one = subscription();
    one.set_urgent();
    timing.sent(now, one);
    one.set_sent();
    one.set_due();
    EXPECT_EQ(timing.ready_at(now, one), now);
}

TEST_F(NotifyTimingTest, OfTheUsagesOfADialogAnUrgentOneIsFirst) {
    Subscription& first = subscription();
    Subscription& second = subscription();
    first.set_due();
    second.set_due();
    EXPECT_EQ(timing.next_due(now, dialog), &first);
    second.set_urgent();
    EXPECT_EQ(timing.next_due(now, dialog), &second);
}

TEST_F(NotifyTimingTest, AFailedNotifyIsRepeatedAtItsTimeAndAChangeDoesNotWaitForThat) {
    Subscription& one = subscription();
    one.set_again(now + 30s);
    EXPECT_EQ(timing.next_due(now, dialog), &one);
    EXPECT_EQ(timing.ready_at(now, one), now + 30s);
    one.set_due();
    EXPECT_EQ(timing.ready_at(now, one), now);
}

TEST_F(NotifyTimingTest, WhileANotifyIsInFlightNoneIsRepeated) {
    Subscription& one = subscription();
    one.set_again(now + 30s);
    dialog.in_flight = std::make_unique<InFlight>();
    EXPECT_EQ(timing.next_due(now, dialog), nullptr);
}

TEST_F(NotifyTimingTest, AnUnansweredNotifyGivesWayToNewsAfterItsPatience) {
    Subscription& one = subscription();
    settings.notify.min_interval = 0s;
    InFlight in_flight;
    in_flight.subscription = &one;
    in_flight.sent_at = now;
    one.set_due();
    EXPECT_EQ(timing.supersede_at(now, in_flight, one), now + settings.notify.supersede_after);
    one.profile = Profile::kamailio;
    EXPECT_EQ(
        timing.supersede_at(now, in_flight, one), now + settings.notify.supersede_after_kamailio
    );
}

TEST_F(NotifyTimingTest, ASubscribeWaitsForNoMoreThanAnAnswersTime) {
    Subscription& one = subscription();
    settings.notify.supersede_after = 10s;
    InFlight in_flight;
    in_flight.subscription = &one;
    in_flight.sent_at = now;
    one.set_urgent();
    EXPECT_EQ(timing.supersede_at(now, in_flight, one), now + settings.t1);
}

}  // namespace
}  // namespace reginfo::test
