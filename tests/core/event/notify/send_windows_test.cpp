/// @file
/// The windows of all next hops, stepped by hand.

#include "core/event/notify/send_windows.hpp"

#include "core/event/persistence/open_states.hpp"
#include "core/event/records/aor.hpp"
#include "tests/support/engine_fixture.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <deque>

namespace reginfo::test {
namespace {

using namespace std::chrono_literals;

class SendWindowsTest : public ::testing::Test {
protected:
    SendWindowsTest() { settings.notify.window_initial = 2; }

    Subscription& subscription() { return subscriptions.emplace_back(dialogs.emplace_back(), aor); }

    /// A NOTIFY leaves. @pre there is room
    InFlight& send(Standing standing = Standing::proven) {
        InFlight& notify = in_flight.emplace_back();
        notify.subscription = &subscription();
        notify.flow = flow;
        notify.standing = standing;
        notify.sent_at = notify.last_sent_at = now;
        notify.window = windows.with_room(now, flow, standing);
        EXPECT_TRUE(notify.window);
        windows.sent(now, notify);
        return notify;
    }

    void answer(InFlight& notify, int status = 200) {
        windows.answered(now, notify, status);
        windows.done(notify);
    }

    Settings settings = test_settings();
    Stats stats;
    NotifyQueue queue{stats};
    SendWindows windows{settings, queue, stats, 1, 2};
    OpenStates states{1, 1};
    Aor aor{"sip:a@example.org", 1, states};
    std::deque<Dialog> dialogs;
    std::deque<Subscription> subscriptions;
    std::deque<InFlight> in_flight;
    Outbox outbox;
    Flow flow = udp_flow("198.51.100.1");
    TimePoint now{100s};
};

TEST_F(SendWindowsTest, ANextHopHasOneWindowWhicheverListenerLeadsThere) {
    SendWindow* const window = windows.with_room(now, flow, Standing::proven);
    Flow by_other = flow;
    by_other.listener = 1;
    EXPECT_EQ(windows.with_room(now, by_other, Standing::proven), window);
    EXPECT_NE(windows.with_room(now, udp_flow("198.51.100.2"), Standing::proven), window);
    EXPECT_EQ(stats.windows, 2U);
}

TEST_F(SendWindowsTest, AWaitingSubscriptionIsNextWhenAnAnswerMakesRoom) {
    InFlight& first = send();
    send();
    Subscription& waiting = subscription();
    waiting.dialog.standing = Standing::proven;
    EXPECT_FALSE(windows.with_room(now, flow, Standing::proven));
    EXPECT_TRUE(windows.wait(now, waiting, flow));
    EXPECT_FALSE(windows.wait(now, waiting, flow)) << "it waits already";
    EXPECT_EQ(stats.notifies_queued, 1U);
    SendWindow& window = *first.window;
    EXPECT_FALSE(windows.next_waiting(now, window));
    answer(first);
    EXPECT_EQ(windows.next_waiting(now, window), &waiting);
    EXPECT_EQ(stats.notifies_queued, 0U);
}

TEST_F(SendWindowsTest, ADialogWhoseNextHopIsAnotherOneWaitsNoMore) {
    send();
    send();
    Dialog& dialog = dialogs.emplace_back();
    dialog.subscriptions.push_back(std::make_unique<Subscription>(dialog, aor));
    windows.wait(now, *dialog.subscriptions.front(), flow);
    EXPECT_TRUE(windows.is_awaited());
    windows.leave(dialog);
    EXPECT_FALSE(windows.is_awaited());
    EXPECT_FALSE(dialog.subscriptions.front()->is_queued());
}

TEST_F(SendWindowsTest, AWindowThatNothingNeedsIsForgottenAtTheEndOfTheTurn) {
    InFlight& notify = send();
    windows.forget_idle();
    EXPECT_EQ(stats.windows, 1U);
    answer(notify);
    windows.forget_idle();
    EXPECT_EQ(stats.windows, 0U);
}

TEST_F(SendWindowsTest, AWindowThatIsUsedAgainInTheSameTurnIsNotForgotten) {
    answer(send());
    const InFlight& next = send();
    windows.forget_idle();
    EXPECT_EQ(windows.with_room(now, flow, Standing::proven), next.window);
    EXPECT_EQ(next.window->places_taken(), 1U);
}

TEST_F(SendWindowsTest, AWindowThatSomebodyWaitsForIsNotForgotten) {
    SendWindow& window = *windows.with_room(now, flow, Standing::fresh);
    windows.may_go(now, window, HopTrust::kAllowance, outbox);
    EXPECT_FALSE(windows.may_go(now, window, 1, outbox));
    Subscription& waiting = subscription();
    windows.wait(now, waiting, flow);
    windows.note_if_idle(window);
    windows.forget_idle();
    now += 1min;
    ASSERT_EQ(windows.pop_expired(now), &window);
    EXPECT_EQ(windows.next_waiting(now, window), &waiting);
}

/// Who waited has left by itself, which the window sees when it looks for the next one.
TEST_F(SendWindowsTest, AWindowThatNobodyWaitsForAnyMoreIsForgottenOnceItIsLookedAt) {
    SendWindow& window = *windows.with_room(now, flow, Standing::fresh);
    Subscription& waiting = subscription();
    windows.wait(now, waiting, flow);
    windows.leave(waiting);
    windows.forget_idle();
    EXPECT_EQ(stats.windows, 1U);
    EXPECT_EQ(windows.next_waiting(now, window), nullptr);
    windows.note_if_idle(window);
    windows.forget_idle();
    EXPECT_EQ(stats.windows, 0U);
}

TEST_F(SendWindowsTest, ThatANextHopHasAnsweredOutlivesItsWindow) {
    InFlight& notify = send();
    EXPECT_FALSE(notify.window->is_hop_known());
    EXPECT_TRUE(windows.answered(now, notify, 200)) << "its first answer";
    windows.done(notify);
    windows.forget_idle();
    EXPECT_TRUE(windows.with_room(now, flow, Standing::proven)->is_hop_known());
}

TEST_F(SendWindowsTest, AStrangerGetsItsAllowanceAndNoMore) {
    SendWindow& window = *windows.with_room(now, flow, Standing::proven);
    EXPECT_TRUE(windows.may_go(now, window, HopTrust::kAllowance, outbox));
    EXPECT_FALSE(windows.may_go(now, window, 1, outbox));
    EXPECT_FALSE(windows.with_room(now, flow, Standing::proven)) << "it is blocked";
    EXPECT_EQ(stats.refused_by_bound[index_of(Bound::unanswered_hop)], 1U);
}

TEST_F(SendWindowsTest, WhatDidNotLeaveDoesNotCountForAStranger) {
    SendWindow& window = *windows.with_room(now, flow, Standing::proven);
    EXPECT_TRUE(windows.may_go(now, window, HopTrust::kAllowance, outbox));
    windows.did_not_leave(flow, HopTrust::kAllowance);
    EXPECT_TRUE(windows.may_go(now, window, HopTrust::kAllowance, outbox));
}

TEST_F(SendWindowsTest, A503ShowsThatTheNextHopWorksAndDoesNotWidenItsWindow) {
    InFlight& first = send();
    send();
    const double before = first.window->limit();
    EXPECT_TRUE(windows.answered(now, first, 503));
    EXPECT_TRUE(first.window->is_hop_known());
    EXPECT_EQ(first.window->limit(), before);
    windows.done(first);
}

}  // namespace
}  // namespace reginfo::test
