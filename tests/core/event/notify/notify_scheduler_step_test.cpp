/// @file
/// The scheduler without an engine around it: records and time go in, NOTIFYs come out.

#include "core/event/notify/notify_scheduler.hpp"
#include "core/event/records/waiting_requests.hpp"
#include "core/sip/parser.hpp"
#include "tests/core/event/notify/notify_step_fixture.hpp"
#include "tests/support/sip_builder.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace reginfo::test {
namespace {

using namespace std::chrono_literals;

class NotifySchedulerStep : public NotifyStepTest {
protected:
    NotifySchedulerStep() { settings.notify.window_initial = 1; }

    void answer(const std::string& notify, int status) {
        sip::Message request;
        ASSERT_EQ(sip::parse_message(notify, {}, request), sip::ParseError::none);
        const std::string bytes = response_text(request, status);
        sip::Message response;
        ASSERT_EQ(sip::parse_message(bytes, {}, response), sip::ParseError::none);
        const auto via = sip::parse_via(*response.first(sip::HeaderName::via));
        EXPECT_TRUE(scheduler.handle_response(now, response, *via, outbox));
    }

    WaitingRequests waiting{settings, stats, records.aors, records.subscriptions};
    NotifyScheduler scheduler{
        {parts(),
         records.shards,
         changes,
         records.unsettled,
         records.acknowledgements,
         records.ends,
         waiting}
    };
};

TEST_F(NotifySchedulerStep, NewsLeavesAtOnceWhereNothingIsInTheWay) {
    Subscription& one = subscribe("one");
    scheduler.notify(now, one, false, outbox);
    EXPECT_EQ(sent().size(), 1U);
    EXPECT_EQ(one.due(), Due::nothing);
    EXPECT_FALSE(scheduler.is_idle());
}

TEST_F(NotifySchedulerStep, NewsOfADialogWaitsForTheAnswerToItsNotify) {
    Subscription& one = subscribe("one");
    scheduler.notify(now, one, false, outbox);
    const std::string first = sent().at(0);
    scheduler.notify(now, one, false, outbox);
    EXPECT_TRUE(sent().empty());
    EXPECT_EQ(one.due(), Due::news);
    answer(first, 200);
    EXPECT_EQ(sent().size(), 1U);
}

TEST_F(NotifySchedulerStep, AnAnswerMakesRoomInTheWindowForTheNextDialog) {
    Subscription& one = subscribe("one");
    Subscription& two = subscribe("two");
    scheduler.notify(now, one, false, outbox);
    const std::string first = sent().at(0);
    scheduler.notify(now, two, false, outbox);
    EXPECT_TRUE(sent().empty());
    EXPECT_TRUE(two.is_queued());
    answer(first, 200);
    EXPECT_EQ(sent().size(), 1U);
    EXPECT_FALSE(two.is_queued());
}

TEST_F(NotifySchedulerStep, AWindowWhoseLastWaiterHasEndedIsForgotten) {
    Subscription& one = subscribe("one");
    Subscription& two = subscribe("two");
    scheduler.notify(now, one, false, outbox);
    const std::string first = sent().at(0);
    scheduler.notify(now, two, false, outbox);
    windows.forget_idle();
    scheduler.end_silently(now, two, outbox);
    answer(first, 200);
    windows.forget_idle();
    EXPECT_EQ(stats.windows, 0U);
}

TEST_F(NotifySchedulerStep, NewsSupersedesANotifyThatIsNotAnswered) {
    Subscription& one = subscribe("one");
    settings.notify.supersede_after = 1s;
    scheduler.notify(now, one, false, outbox);
    EXPECT_EQ(sent().size(), 1U);
    now += 900ms;
    scheduler.notify(now, one, false, outbox);
    EXPECT_TRUE(sent().empty());
    now += 100ms;
    scheduler.handle_timeout(now, one.dialog, outbox);
    EXPECT_EQ(sent().size(), 1U);
    EXPECT_EQ(transactions.size(), 1U);
}

/// Each dialog of the window has news when the one before it makes room: a call that went down one
/// level for each would run out of stack.
TEST_F(NotifySchedulerStep, ALongChainOfDialogsThatWaitForOneAnotherEndsInOneCall) {
    constexpr std::size_t kDialogs = 20'000;
    for (std::size_t i = 0; i < kDialogs; ++i) {
        Subscription& next = subscribe(std::to_string(i));
        scheduler.notify(now, next, false, outbox);
    }
    const std::vector<std::string> first = sent();
    ASSERT_EQ(first.size(), 1U);
    settings.notify.window_max = 2 * kDialogs;
    std::size_t ended = 0;
    for (std::vector<std::string> notifies = first; !notifies.empty(); notifies = sent()) {
        for (const std::string& notify : notifies) answer(notify, 481);
        ended += notifies.size();
    }
    EXPECT_EQ(ended, kDialogs);
    EXPECT_TRUE(scheduler.is_idle());
}

TEST_F(NotifySchedulerStep, ARefusalThatEndsTheSubscriptionRemovesItWithItsDialog) {
    Subscription& one = subscribe("one");
    scheduler.notify(now, one, false, outbox);
    answer(sent().at(0), 481);
    EXPECT_EQ(records.subscriptions.size(), 0U);
    EXPECT_EQ(records.aors.size(), 0U);
    EXPECT_TRUE(scheduler.is_idle());
}

TEST_F(NotifySchedulerStep, TheLastNotifyIsTheEndOfTheSubscription) {
    Subscription& one = subscribe("one");
    scheduler.terminate(now, one, TerminationReason::timeout, outbox);
    const std::string last = sent().at(0);
    EXPECT_NE(last.find("Subscription-State: terminated;reason=timeout"), std::string::npos);
    answer(last, 200);
    EXPECT_EQ(records.subscriptions.size(), 0U);
}

TEST_F(NotifySchedulerStep, AnUnansweredNotifyIsRepeatedLater) {
    Subscription& one = subscribe("one");
    records.subscriptions.set_profile(one, Profile::kamailio);
    one.dialog.has_accepted = true;
    scheduler.notify(now, one, false, outbox);
    sent();
    now += 32s;
    scheduler.handle_timeout(now, one.dialog, outbox);
    EXPECT_EQ(one.due(), Due::again);
    EXPECT_EQ(one.last_status, 408U);
    now += 30s;
    scheduler.handle_timeout(now, one.dialog, outbox);
    EXPECT_EQ(sent().size(), 1U);
}

}  // namespace
}  // namespace reginfo::test
