/// @file
/// RFC 6665 §4.2.2: NOTIFY, its answers, and their effect on the subscription. The meaning of
/// each answer is the table of core/event/watcher/answer_rules.cpp.

#include "tests/core/event/notify/notify_fixture.hpp"
#include "tests/wire/wire_fixture.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace reginfo::test {
namespace {

class Answered : public NotifyTest {
protected:
    /// A new watcher answers the NOTIFY of a change so.
    void answer_change_with(int status, const std::vector<std::string>& more = {}) {
        renew();
        const auto told = change();
        ASSERT_EQ(told.size(), 1U);
        world.answer(told[0], status, more);
    }

    /// Whether the watcher's subscription is still there.
    bool lives() { return watcher.subscribe(world).status() == 200; }
};

using Rfc6665Section4_2_2 = Answered;

TEST_F(Rfc6665Section4_2_2, ANotifyHasAllMandatoryFields) {
    for (const char* name :
         {"Via",
          "Max-Forwards",
          "From",
          "To",
          "Call-ID",
          "CSeq",
          "Contact",
          "Event",
          "Subscription-State",
          "Content-Type",
          "Content-Length"}) {
        EXPECT_TRUE(last_told.has(name)) << name;
    }
}

TEST_F(Rfc6665Section4_2_2, TheListedCodesRemoveTheSubscriptionWhateverElseTheAnswerHas) {
    end();
    for (const int status : {404, 405, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 604}) {
        for (const bool retry_after : {false, true}) {
            SCOPED_TRACE(status);
            answer_change_with(
                status,
                retry_after ? std::vector<std::string>{"Retry-After: 5"}
                            : std::vector<std::string>{}
            );
            EXPECT_EQ(world.stats().subscriptions, 0U);
            world.pass(10s);
            EXPECT_TRUE(change().empty());
            EXPECT_EQ(watcher.subscribe(world).status(), 481);
        }
    }
}

TEST_F(Rfc6665Section4_2_2, OtherFailuresKeepTheSubscription) {
    end();
    for (const int status :
         {300, 302, 400, 401, 403, 407, 413, 420, 486, 491, 500, 503, 504, 600, 603}) {
        SCOPED_TRACE(status);
        answer_change_with(status);
        EXPECT_EQ(world.stats().subscriptions, 1U);
        EXPECT_TRUE(lives());
        end();
    }
}

TEST_F(Rfc6665Section4_2_2, WithRetryAfterTheStateIsNotifiedAgainThenAndNotBefore) {
    end();
    for (const int status : {403, 486, 500, 503, 600}) {
        SCOPED_TRACE(status);
        answer_change_with(status, {"Retry-After: 20 (busy);duration=9"});
        EXPECT_TRUE(change().empty());
        world.pass(19'900ms);
        EXPECT_TRUE(world.take_notifies().empty());
        world.pass(200ms);
        const auto told = world.take_notifies();
        ASSERT_EQ(told.size(), 1U);
        EXPECT_NE(told[0].body().find(uri_of(next_contact - 1)), std::string_view::npos);
        world.answer(told[0], 200);
        end();
    }
}

TEST_F(Rfc6665Section4_2_2, NoAnswerRemovesTheSubscription) {
    change();
    world.pass(31s);
    EXPECT_EQ(world.stats().subscriptions, 1U);
    world.pass(2s);
    EXPECT_EQ(world.stats().subscriptions, 0U);
    EXPECT_EQ(watcher.subscribe(world).status(), 481);
}

TEST_F(Rfc6665Section4_2_2, Any2xxIsSuccess) {
    for (const int status : {200, 202, 204, 299}) {
        world.answer(change().at(0), status);
        EXPECT_EQ(world.stats().subscriptions, 1U);
    }
    EXPECT_EQ(outcomes(NotifyOutcome::accepted), 5U);
}

TEST_F(Rfc6665Section4_2_2, OneNotifyOfADialogIsOnItsWayAtATime) {
    const auto first = change();
    ASSERT_EQ(first.size(), 1U);
    EXPECT_TRUE(change().empty());
    EXPECT_TRUE(change().empty());
    world.answer(first[0], 200);
    const auto second = world.take_notifies();
    ASSERT_EQ(second.size(), 1U);
    EXPECT_EQ(second[0].cseq(), first[0].cseq() + 1);
    EXPECT_EQ(read_told(second[0].body())->contacts.size(), 3U);
}

TEST_F(Rfc6665Section4_2_2, AfterTheLastNotifyThereIsNone) {
    const auto told = change();
    world.answer(told[0], 200);
    watcher.subscribe(world, 0);
    const auto last = world.take_notifies();
    ASSERT_EQ(last.size(), 1U);
    EXPECT_TRUE(last[0].header("Subscription-State").starts_with("terminated"));
    EXPECT_TRUE(change().empty());
    world.answer(last[0], 200);
    EXPECT_TRUE(change().empty());
    EXPECT_EQ(world.stats().subscriptions, 0U);
}

TEST_F(Rfc6665Section4_2_2, TheLastNotifyIsRepeatedAndItsFailureEndsAllTheSame) {
    watcher.subscribe(world, 0);
    EXPECT_EQ(world.take_notifies().size(), 1U);
    world.pass(600ms);
    EXPECT_EQ(world.take_notifies().size(), 1U);
    world.pass(40s);
    EXPECT_EQ(world.stats().subscriptions, 0U);
}

}  // namespace
}  // namespace reginfo::test
