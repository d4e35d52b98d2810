/// @file
/// How a NOTIFY is put on its way and taken off again. Nobody schedules here: the test says when.

#include "core/event/notify/notify_dispatch.hpp"

#include "tests/core/event/notify/notify_step_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

namespace reginfo::test {
namespace {

using ::testing::HasSubstr;

class NotifyDispatchTest : public NotifyStepTest {
protected:
    Dispatched send(Subscription& subscription) {
        return dispatch.dispatch(now, subscription, outbox);
    }

    void end(Subscription& subscription, NotifyOutcome outcome = NotifyOutcome::accepted) {
        dispatch.put_away(dispatch.close(now, subscription.dialog, outcome, outbox));
    }

    static std::uint64_t observed(const Histogram& histogram) {
        return std::accumulate(
            histogram.buckets.begin(), histogram.buckets.end(), std::uint64_t{0}
        );
    }

    NotifyDispatch dispatch{parts()};
};

TEST_F(NotifyDispatchTest, ANotifyTakesTheNextCseqOfItsDialogAndVersionOfItsSubscription) {
    Subscription& one = subscribe("one");
    one.dialog.state.local_cseq = 7;
    one.version = 3;
    ASSERT_EQ(send(one), Dispatched::sent);
    const std::vector<Send> sends = take<Send>();
    ASSERT_EQ(sends.size(), 1U);
    EXPECT_EQ(sends[0].flow, flow);
    EXPECT_THAT(sends[0].head, HasSubstr("CSeq: 8 NOTIFY\r\n"));
    EXPECT_THAT(sends[0].head, HasSubstr("version=\"3\""));
    EXPECT_EQ(one.dialog.state.local_cseq, 8U);
    EXPECT_EQ(one.version, 4U);
    ASSERT_TRUE(one.dialog.in_flight);
    EXPECT_EQ(one.dialog.in_flight->cseq, 8U);
    EXPECT_EQ(stats.notifies_sent, 1U);
}

TEST_F(NotifyDispatchTest, ANotifyWithoutADocumentTakesNoVersion) {
    Subscription& one = subscribe("one");
    records.subscriptions.set_profile(one, Profile::kamailio);
    ASSERT_EQ(send(one), Dispatched::sent);
    EXPECT_THAT(sent().at(0), HasSubstr("Content-Length: 0\r\n"));
    EXPECT_EQ(one.version, 0U);
    EXPECT_FALSE(one.dialog.in_flight->full);
}

TEST_F(NotifyDispatchTest, WhatIsInFlightNamesTheRevisionThatItsDocumentHas) {
    Subscription& one = subscribe("one");
    change();
    send(one);
    change();
    EXPECT_EQ(one.dialog.in_flight->carried, 1U);
    EXPECT_TRUE(one.dialog.in_flight->full);
}

TEST_F(NotifyDispatchTest, TheNotifyOfASubscriptionThatIsOverIsItsLastOne) {
    Subscription& one = subscribe("one");
    send(one);
    EXPECT_FALSE(one.dialog.in_flight->terminates);
    end(one);
    records.ends.set_terminated(now, one, TerminationReason::giveup);
    sent();
    send(one);
    EXPECT_TRUE(one.dialog.in_flight->terminates);
    EXPECT_THAT(sent().at(0), HasSubstr("Subscription-State: terminated;reason=giveup"));
}

TEST_F(NotifyDispatchTest, WithoutRoomInTheWindowTheSubscriptionWaitsAndNoCseqIsUsed) {
    settings.notify.window_initial = 1;
    Subscription& one = subscribe("one");
    Subscription& two = subscribe("two");
    send(one);
    sent();
    EXPECT_EQ(send(two), Dispatched::waits);
    EXPECT_TRUE(sent().empty());
    EXPECT_TRUE(two.is_queued());
    EXPECT_EQ(two.dialog.state.local_cseq, 0U);
    EXPECT_FALSE(two.dialog.in_flight);
}

TEST_F(NotifyDispatchTest, AStrangerThatHasHadItsAllowanceGetsNoMore) {
    SendWindow& window = *windows.with_room(now, flow, Standing::fresh);
    ASSERT_TRUE(windows.may_go(now, window, HopTrust::kAllowance, outbox));
    Subscription& one = subscribe("one");
    EXPECT_EQ(send(one), Dispatched::waits);
    EXPECT_TRUE(sent().empty());
    EXPECT_EQ(one.dialog.state.local_cseq, 0U);
    EXPECT_EQ(one.version, 0U);
}

TEST_F(NotifyDispatchTest, ANameIsLookedUpFirst) {
    Subscription& one = subscribe("one", "sip:w@edge.example.org");
    EXPECT_EQ(send(one), Dispatched::resolving);
    EXPECT_EQ(take<Resolve>().size(), 1U);
    EXPECT_FALSE(one.dialog.in_flight);
    EXPECT_FALSE(one.is_queued());
}

TEST_F(NotifyDispatchTest, WithoutAListenerThatReachesTheNextHopThereIsNoRoute) {
    Subscription& one = subscribe("one", "sip:w@[2001:db8::7];transport=tcp");
    EXPECT_EQ(send(one), Dispatched::no_route);
    EXPECT_TRUE(outbox.empty());
    EXPECT_FALSE(one.dialog.in_flight);
}

TEST_F(NotifyDispatchTest, ALargeNotifyGoesByTcpAndTakesItsPlaceThere) {
    settings.notify.udp_bytes_max = 200;
    Subscription& one = subscribe("one");
    ASSERT_EQ(send(one), Dispatched::sent);
    const InFlight& in_flight = *one.dialog.in_flight;
    EXPECT_EQ(in_flight.flow.transport, Transport::tcp);
    EXPECT_TRUE(in_flight.too_large_for_udp);
    EXPECT_EQ(in_flight.window->hop.transport, Transport::tcp);
    EXPECT_THAT(sent().at(0), HasSubstr("Via: SIP/2.0/TCP "));
}

TEST_F(NotifyDispatchTest, ALargeNotifyWaitsForRoomInTheWindowOfTcp) {
    settings.notify.window_initial = 1;
    settings.notify.udp_bytes_max = 200;
    Subscription& one = subscribe("one");
    Subscription& two = subscribe("two");
    send(one);
    EXPECT_EQ(send(two), Dispatched::waits);
    SendWindow& by_tcp = *one.dialog.in_flight->window;
    end(one);
    EXPECT_EQ(windows.next_waiting(now, by_tcp), &two);
}

TEST_F(NotifyDispatchTest, NewsIsTimedFromItsPublishAndARepetitionIsNot) {
    Subscription& one = subscribe("one");
    change();
    aor().news_at = now;
    now += 40ms;
    send(one);
    EXPECT_EQ(observed(stats.publish_to_notify), 1U);
    EXPECT_EQ(stats.publish_to_notify.microseconds, 40'000U);
    end(one, NotifyOutcome::rejected);
    one.failures = 1;
    send(one);
    EXPECT_EQ(observed(stats.publish_to_notify), 1U) << "its first NOTIFY failed";
    end(one);
    one.failures = 0;
    records.acknowledgements.take(now, one, aor().revision());
    send(one);
    EXPECT_EQ(observed(stats.publish_to_notify), 1U) << "the watcher has it";
}

TEST_F(NotifyDispatchTest, ACopyLeavesAtOnceAndTheNextOneLater) {
    Subscription& one = subscribe("one");
    send(one);
    const std::string first = sent().at(0);
    now += 500ms;
    dispatch.retransmit(now, *one.dialog.in_flight, outbox);
    EXPECT_EQ(sent().at(0), first);
    EXPECT_EQ(one.dialog.in_flight->copies, 1U);
    EXPECT_EQ(one.dialog.in_flight->retransmit_at, now + 1s);
}

TEST_F(NotifyDispatchTest, ACopyForWhichThereIsNoRoomWaitsForTheWindowAndNotForTimerE) {
    settings.notify.window_initial = 2;
    Subscription& one = subscribe("one");
    Subscription& two = subscribe("two");
    send(one);
    send(two);
    sent();
    now += 500ms;
    dispatch.retransmit(now, *one.dialog.in_flight, outbox);
    dispatch.retransmit(now, *two.dialog.in_flight, outbox);
    EXPECT_EQ(sent().size(), 1U);
    InFlight& waits = *two.dialog.in_flight;
    EXPECT_EQ(waits.retransmit_at, TimePoint::max());
    now = waits.window->next_deadline(now).value();
    EXPECT_EQ(windows.next_copy(now, *waits.window), &waits);
    dispatch.send_again(now, waits, outbox);
    EXPECT_EQ(sent().size(), 1U);
    EXPECT_EQ(waits.retransmit_at, now + 1s);
}

TEST_F(NotifyDispatchTest, ACopyIsLeftOutWhereAStrangerHasHadItsAllowance) {
    Subscription& one = subscribe("one");
    send(one);
    sent();
    InFlight& in_flight = *one.dialog.in_flight;
    windows.did_not_leave(flow, HopTrust::kAllowance);
    ASSERT_TRUE(windows.may_go(now, *in_flight.window, HopTrust::kAllowance, outbox));
    now += 500ms;
    dispatch.retransmit(now, in_flight, outbox);
    EXPECT_TRUE(sent().empty());
    EXPECT_EQ(in_flight.retransmit_at, now + 1s) << "the next one is tried all the same";
}

TEST_F(NotifyDispatchTest, WhatIsClosedIsCountedAndGivesUpItsPlaceAndItsTransaction) {
    settings.notify.window_initial = 1;
    Subscription& one = subscribe("one");
    send(one);
    EXPECT_FALSE(windows.with_room(now, flow, Standing::fresh));
    const auto ended = dispatch.close(now, one.dialog, NotifyOutcome::rejected, outbox);
    EXPECT_EQ(ended->cseq, 1U);
    EXPECT_FALSE(one.dialog.in_flight);
    EXPECT_EQ(transactions.size(), 0U);
    EXPECT_TRUE(windows.with_room(now, flow, Standing::fresh));
    EXPECT_EQ(stats.notify_outcomes[index_of(NotifyOutcome::rejected)], 1U);
}

/// Counts the NOTIFYs that failed.
class FailureCount : public Observer {
public:
    void registration_changed(TimePoint, const Aor&) override {}
    void subscription_changed(TimePoint, const Subscription&, SubscriptionEvent event) override {
        if (event == SubscriptionEvent::notify_failed) ++count;
    }

    int count = 0;
};

TEST_F(NotifyDispatchTest, AnObserverIsToldOfAFailureAndNotOfASupersededNotify) {
    FailureCount failures;
    records.observer.set(&failures);
    Subscription& one = subscribe("one");
    for (const NotifyOutcome outcome : {NotifyOutcome::accepted, NotifyOutcome::superseded}) {
        send(one);
        end(one, outcome);
        EXPECT_EQ(failures.count, 0);
    }
    send(one);
    end(one, NotifyOutcome::timed_out);
    EXPECT_EQ(failures.count, 1);
    records.observer.set(nullptr);
}

TEST_F(NotifyDispatchTest, TheMemoryOfOneThatIsOverIsUsedAgainAsIfItWereNew) {
    Subscription& one = subscribe("one");
    send(one);
    const InFlight* const first = one.dialog.in_flight.get();
    one.dialog.in_flight->was_late = true;
    one.dialog.in_flight->meaning = AnswerMeaning::ends_dialog;
    end(one);
    send(one);
    EXPECT_EQ(one.dialog.in_flight.get(), first);
    EXPECT_FALSE(one.dialog.in_flight->was_late);
    EXPECT_EQ(one.dialog.in_flight->meaning, AnswerMeaning::refused);
}

TEST_F(NotifyDispatchTest, ADialogThatIsDroppedLeavesItsPlaceToWhoWaits) {
    settings.notify.window_initial = 1;
    Subscription& one = subscribe("one");
    Subscription& two = subscribe("two");
    send(one);
    send(two);
    dispatch.drop(now, one.dialog);
    EXPECT_FALSE(one.dialog.in_flight);
    EXPECT_EQ(transactions.size(), 0U);
    SendWindow* const window = windows.pop_expired(now);
    ASSERT_TRUE(window);
    EXPECT_EQ(windows.next_waiting(now, *window), &two);
    for (const std::uint64_t outcome : stats.notify_outcomes) EXPECT_EQ(outcome, 0U);
}

TEST_F(NotifyDispatchTest, ADialogThatIsDroppedWaitsForNoWindowAndNoLookUp) {
    settings.notify.window_initial = 1;
    Subscription& one = subscribe("one");
    Subscription& two = subscribe("two");
    Subscription& three = subscribe("three", "sip:w@edge.example.org");
    send(one);
    send(two);
    send(three);
    dispatch.drop(now, two.dialog);
    dispatch.drop(now, three.dialog);
    EXPECT_FALSE(windows.is_awaited());
    EXPECT_FALSE(next_hops.is_resolving());
}

}  // namespace
}  // namespace reginfo::test
