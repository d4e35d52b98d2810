/// @file
/// RFC 5057: the effect of answers to NOTIFYs on the usages of a dialog.

#include "tests/core/event/notify/notify_fixture.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace reginfo::test {
namespace {

class Answers : public NotifyTest {
protected:
    /// Two usages of one dialog, both up to date; then a change, whose first NOTIFY is answered.
    void answer_one_of_two(int status) {
        world.answers = [](const Sent&) { return 200; };
        watcher.event = "reg;id=2";
        ASSERT_EQ(watcher.subscribe(world).status(), 200);
        world.take();
        world.answers = silence;
        const auto told = change();
        ASSERT_EQ(told.size(), 1U);
        world.answer(told[0], status);
    }
};

using Rfc5057Section5_1 = Answers;
using Rfc5057Section5_2 = Answers;

TEST_F(Rfc5057Section5_1, A481EndsOneOfTwoUsagesOfADialog) {
    answer_one_of_two(481);
    EXPECT_EQ(world.stats().subscriptions, 1U);
    EXPECT_EQ(world.stats().dialogs, 1U);
    EXPECT_EQ(world.take_notifies().size(), 1U) << "the other one is told";
}

TEST_F(Rfc5057Section5_1, A404EndsAllUsagesOfADialog) {
    answer_one_of_two(404);
    EXPECT_EQ(world.stats().subscriptions, 0U);
    EXPECT_EQ(world.stats().dialogs, 0U);
    EXPECT_EQ(world.stats().subscriptions_failed, 2U);
    EXPECT_TRUE(world.take_notifies().empty());
}

TEST_F(Rfc5057Section5_1, A500WithoutRetryAfterIsFollowedByTheSameNewsAfterAWhile) {
    world.answer(change().at(0), 500);
    world.pass(29s);
    EXPECT_TRUE(world.take_notifies().empty());
    world.pass(2s);
    const auto again = world.take_notifies();
    ASSERT_FALSE(again.empty());
    EXPECT_NE(again[0].body().find(uri_of(0)), std::string_view::npos);
    EXPECT_EQ(again[0].cseq(), last_told.cseq() + 2);
}

TEST_F(Rfc5057Section5_1, A500WithRetryAfterIsFollowedByTheSameNewsThen) {
    world.answer(change().at(0), 500, {"Retry-After: 7 (busy);duration=3"});
    world.pass(6900ms);
    EXPECT_TRUE(world.take_notifies().empty());
    world.pass(200ms);
    EXPECT_EQ(world.take_notifies().size(), 1U);
}

TEST_F(Rfc5057Section5_1, AChallengeKeepsTheSubscriptionAndIsCounted) {
    for (const int status : {401, 407}) {
        world.answer(change().at(0), status);
        EXPECT_EQ(world.stats().subscriptions, 1U);
    }
    EXPECT_EQ(outcomes(NotifyOutcome::rejected), 2U);
}

TEST_F(Rfc5057Section5_2, A408IsAsGoodAsNoAnswer) {
    world.answer(change().at(0), 408);
    EXPECT_EQ(world.stats().subscriptions, 0U);
}

TEST_F(Rfc5057Section5_2, A408LeavesAKamailioItsSubscription) {
    watcher = kamailio_watcher();
    subscribe();
    for (const Sent& told : change()) {
        if (watcher.owns(told)) world.answer(told, 408);
    }
    EXPECT_EQ(world.stats().subscriptions_by_profile[index_of(Profile::kamailio)], 1U);
    world.pass(31s);
    const auto again = world.take_notifies();
    EXPECT_TRUE(std::any_of(again.begin(), again.end(), [&](const Sent& n) {
        return watcher.owns(n) && n.at >= world.now() - 2s;
    }));
}

TEST_F(Rfc5057Section5_1, TheCodesOfTheUsageLeaveOthersOfTheDialogAlone) {
    for (const int status : {405, 480, 481, 489, 501}) {
        SCOPED_TRACE(status);
        answer_one_of_two(status);
        EXPECT_EQ(world.stats().subscriptions, 1U);
        world.answer(world.take_notifies().at(0), 404);
        renew();
    }
}

TEST_F(Rfc5057Section5_1, TheCodesOfTheDialogEndAllItsUsages) {
    for (const int status : {404, 410, 416, 482, 483, 484, 485, 502, 604}) {
        SCOPED_TRACE(status);
        answer_one_of_two(status);
        EXPECT_EQ(world.stats().subscriptions, 0U);
        renew();
    }
}

TEST_F(Rfc5057Section5_1, TheCodesOfTheTransactionEndNothing) {
    for (const int status :
         {400, 401, 402, 403, 406, 407, 412, 413, 414, 415, 420, 421, 423, 486,
          487, 488, 491, 493, 499, 500, 503, 504, 505, 513, 580, 600, 603, 606}) {
        SCOPED_TRACE(status);
        answer_one_of_two(status);
        EXPECT_EQ(world.stats().subscriptions, 2U);
        world.answer(world.take_notifies().at(0), 404);
        renew();
    }
}

}  // namespace
}  // namespace reginfo::test
