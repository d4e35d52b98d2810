/// @file
/// A window per next hop: bounds, growth, halving, and the share of dead watchers.

#include "core/event/notify/send_window.hpp"

#include "core/event/persistence/open_states.hpp"
#include "core/event/records/aor.hpp"
#include "core/event/records/dialog.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <string>
#include <vector>

namespace reginfo {
namespace {

using namespace std::chrono_literals;
using enum Standing;

class SendWindowTest : public ::testing::Test {
protected:
    static Settings small() {
        Settings all;
        all.notify.window_initial = 16;
        all.notify.window_min = 8;
        all.notify.window_max = 64;
        return all;
    }

    Subscription& waiting(Standing standing = proven) {
        Dialog& dialog = dialogs.emplace_back();
        dialog.standing = standing;
        Subscription& subscription = subscriptions.emplace_back(dialog, a);
        window.enqueue(subscription);
        return subscription;
    }

    InFlight& send(Standing standing = proven) {
        InFlight& notify = flying.emplace_back();
        notify.standing = standing;
        notify.sent_at = notify.last_sent_at = now;
        window.sent(now, notify);
        return notify;
    }

    /// Sends as many as the window lets go.
    std::vector<InFlight*> fill(Standing standing = proven) {
        std::vector<InFlight*> sent;
        while (window.has_room(now, standing)) sent.push_back(&send(standing));
        return sent;
    }

    void answer(InFlight& notify) {
        window.answered(now, notify);
        window.done(notify);
    }

    /// Fills the window and answers all that is in flight, each after `round_trip`.
    void round(Duration round_trip) {
        const auto sent = fill();
        now += round_trip;
        for (InFlight* notify : sent) answer(*notify);
    }

    TimePoint now{1000s};
    Settings settings = small();
    SendWindow window{settings};
    OpenStates states{1, 1};
    Aor a{"sip:a@example.org", 1, states};
    std::deque<Dialog> dialogs;
    std::deque<Subscription> subscriptions;
    std::deque<InFlight> flying;
};

TEST_F(SendWindowTest, HasRoomUntilItsLimitIsInFlight) {
    const auto sent = fill();
    EXPECT_EQ(sent.size(), 16U);
    EXPECT_EQ(window.places_taken(), 16U);
    window.done(*sent.front());
    EXPECT_TRUE(window.has_room(now, proven));
    for (std::size_t i = 1; i < sent.size(); ++i) window.done(*sent[i]);
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
    for (int i = 0; i < 100; ++i) {
        InFlight& notify = send();
        now += 10ms;
        answer(notify);
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

TEST_F(SendWindowTest, OneWatcherThatDoesNotAnswerDoesNotShrinkTheWindow) {
    for (int i = 0; i < 3; ++i) {
        window.late(now, send());
        now += 100ms;
    }
    EXPECT_EQ(window.limit(), 16.0);
}

TEST_F(SendWindowTest, HalvesWhenManyDifferentWatchersDoNotAnswerAtMostOnceAT1) {
    settings.notify.window_initial = 64;
    window.restart();
    for (InFlight* notify : fill()) {
        now += 1ms;
        window.late(now, *notify);
    }
    EXPECT_EQ(window.limit(), 32.0);
    now += 500ms;
    for (InFlight* notify : fill()) window.late(now, *notify);
    EXPECT_EQ(window.limit(), 16.0);
}

TEST_F(SendWindowTest, ManyThatDoNotAnswerHalveNothingWhileOthersAnswerPromptly) {
    for (int i = 0; i < 100; ++i) {
        InFlight& dead = send();
        InFlight& alive = send();
        now += 10ms;
        answer(alive);
        window.late(now, dead);
    }
    EXPECT_GE(window.limit(), 16.0);
}

TEST_F(SendWindowTest, ManyThatDoNotAnswerHalveItWhileOthersAnswerSlowly) {
    round(2ms);
    const double before = window.limit();
    for (int i = 0; i < 100; ++i) {
        InFlight& lost = send();
        InFlight& slow = send();
        now += 40ms;
        answer(slow);
        window.late(now, lost);
    }
    EXPECT_LT(window.limit(), before);
}

TEST_F(SendWindowTest, NewcomersThatDoNotAnswerHalveNothing) {
    for (int i = 0; i < 100; ++i) {
        window.late(now, send(fresh));
        now += 10ms;
    }
    EXPECT_EQ(window.limit(), 16.0);
}

TEST_F(SendWindowTest, SuspectsThatDoNotAnswerHalveNothing) {
    for (int i = 0; i < 100; ++i) {
        window.late(now, send(suspect));
        now += 100ms;
    }
    EXPECT_EQ(window.limit(), 16.0);
}

TEST_F(SendWindowTest, NeverFallsBelowItsMinimum) {
    for (int i = 0; i < 10; ++i) {
        for (InFlight* notify : fill()) window.late(now, *notify);
        now += 1s;
    }
    EXPECT_EQ(window.limit(), 8.0);
}

TEST_F(SendWindowTest, ANotifyHoldsItsPlaceForT1WhereNobodyHasAnsweredYet) {
    fill();
    Subscription& next = waiting();
    EXPECT_EQ(window.next_deadline(now), now + 500ms);
    now += 500ms - 1us;
    window.release_late(now);
    EXPECT_EQ(window.pop(now), nullptr);
    now += 1us;
    window.release_late(now);
    EXPECT_EQ(window.pop(now), &next);
}

TEST_F(SendWindowTest, ANotifyHoldsItsPlaceOnlyAsLongAsAnswersTakeHere) {
    for (int i = 0; i < 20; ++i) round(2ms);
    fill();
    now += 100ms;
    window.release_late(now);
    EXPECT_EQ(window.places_taken(), 0U);
}

TEST_F(SendWindowTest, PlacesAreTakenBackEverMoreSlowlyWhileNobodyAnswers) {
    for (int i = 0; i < 20; ++i) round(2ms);
    std::vector<Duration> taken_back_after;
    for (int i = 0; i < 6; ++i) {
        fill();
        waiting();
        const TimePoint sent_at = now;
        now = *window.next_deadline(now);
        taken_back_after.push_back(now - sent_at);
        window.release_late(now);
        while (window.pop(now)) {
        }
    }
    EXPECT_EQ(taken_back_after, (std::vector<Duration>{100ms, 100ms, 200ms, 400ms, 500ms, 500ms}));
    round(2ms);
    fill();
    now += 100ms;
    window.release_late(now);
    EXPECT_EQ(window.places_taken(), 0U) << "an answer makes it quick again";
}

TEST_F(SendWindowTest, WatchersThatAnsweredLastHaveThreeQuartersOfThePlacesWhateverOthersTake) {
    EXPECT_EQ(fill(fresh).size(), 16U) << "what nobody else wants";
    EXPECT_EQ(fill(proven).size(), 12U);
}

TEST_F(SendWindowTest, WatchersThatHaveNotAnsweredYetHaveAQuarterOfThePlacesWhateverOthersTake) {
    EXPECT_EQ(fill(proven).size(), 16U);
    EXPECT_EQ(fill(fresh).size(), 4U);
}

TEST_F(SendWindowTest, FreshAndProvenWatchersTakeTurnsForPlacesThatBothMayHave) {
    const Subscription& first_proven = waiting(proven);
    const Subscription& second_proven = waiting(proven);
    const Subscription& first_fresh = waiting(fresh);
    EXPECT_EQ(window.pop(now), &first_proven);
    EXPECT_EQ(window.pop(now), &first_fresh);
    EXPECT_EQ(window.pop(now), &second_proven);
    EXPECT_EQ(window.pop(now), nullptr);
}

TEST_F(SendWindowTest, SuspectsTakeNoPlaces) {
    send(suspect);
    EXPECT_EQ(window.places_taken(), 0U);
    EXPECT_FALSE(window.is_idle());
}

TEST_F(SendWindowTest, SuspectsGetAQuarterOfAWindowOfNotifiesASecond) {
    std::size_t sent = 0;
    for (int i = 0; i < 10'000; ++i) {
        if (window.has_room(now, suspect)) {
            ++sent;
            window.done(send(suspect));
        }
        now += 1ms;
    }
    EXPECT_LE(sent, 42U) << "in ten seconds, of a window of 16";
    EXPECT_GE(sent, 20U);
}

TEST_F(SendWindowTest, NoMoreCopiesLeaveInASecondThanTheWindowAllows) {
    std::vector<InFlight*> all;
    for (int i = 0; i < 200; ++i) all.push_back(&send(i % 2 == 0 ? proven : suspect));
    std::deque<TimePoint> left;
    for (InFlight* notify : all) {
        if (window.may_copy(now, *notify)) left.push_back(now);
    }
    for (int i = 0; i < 20'000; ++i) {
        now += 1ms;
        while (window.next_copy(now)) left.push_back(now);
        while (!left.empty() && left.front() <= now - 1s) left.pop_front();
        EXPECT_LE(left.size(), 16U);
    }
}

TEST_F(SendWindowTest, ACopyThatWaitsGoesWithItsTransaction) {
    std::vector<InFlight*> all;
    for (int i = 0; i < 20; ++i) all.push_back(&send());
    for (InFlight* notify : all) window.may_copy(now, *notify);
    for (InFlight* notify : all) window.done(*notify);
    EXPECT_TRUE(window.is_idle());
    EXPECT_EQ(window.next_copy(now + 10s), nullptr);
}

TEST_F(SendWindowTest, ASuspectThatAnswersAtOnceLetsAFewMoreGo) {
    std::size_t before = 0;
    while (window.has_room(now, suspect)) {
        send(suspect);
        ++before;
    }
    EXPECT_EQ(before, 2U);
    now += 2ms;
    answer(flying.front());
    EXPECT_EQ(fill(suspect).size(), 4U);
}

TEST_F(SendWindowTest, ASuspectThatAnswersLateLetsNobodyGo) {
    fill(suspect);
    now += 600ms;
    answer(flying.front());
    EXPECT_LE(fill(suspect).size(), 1U) << "a slow next hop is not given more to do";
}

TEST_F(SendWindowTest, SuspectsAndCopiesToThemTakeTurns) {
    fill(suspect);
    InFlight& lost = flying.front();
    EXPECT_FALSE(window.may_copy(now, lost));
    Subscription& next = waiting(suspect);
    std::vector<std::string> order;
    for (int i = 0; i < 2'000 && order.size() < 2; ++i) {
        now += 1ms;
        if (window.next_copy(now)) order.push_back("copy");
        if (window.pop(now) == &next) {
            order.push_back("NOTIFY");
            send(suspect);
        }
    }
    EXPECT_EQ(order, (std::vector<std::string>{"copy", "NOTIFY"}));
}

TEST_F(SendWindowTest, WaitingTwiceIsWaitingOnce) {
    Subscription& one = waiting();
    window.enqueue(one);
    EXPECT_EQ(window.pop(now), &one);
    EXPECT_EQ(window.pop(now), nullptr);
}

TEST_F(SendWindowTest, AWatcherThatRefreshesWhileItWaitsIsNoSuspectAnyMore) {
    Subscription& one = waiting(suspect);
    fill(suspect);
    one.dialog.standing = fresh;
    one.set_urgent();
    window.enqueue(one);
    EXPECT_EQ(window.pop(now), &one);
}

}  // namespace
}  // namespace reginfo
