/// @file
/// What answers to a NOTIFY mean: the table row by row (RFC 6665 §4.2.2, RFC 5057 §5), and what the
/// engine does then.

#include "core/event/answer_rules.hpp"

#include "tests/core/event/notify_fixture.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace reginfo::test {
namespace {

struct Row {
    std::vector<int> statuses;
    bool retry_after;
    Profile profile;
    AnswerMeaning meaning;
};

using enum AnswerMeaning;
constexpr Profile kStandard = Profile::standard;
constexpr Profile kLasting = Profile::kamailio;

const Row kExpected[] = {
    {{kNoAnswer}, false, kLasting, unanswered},
    {{kNoAnswer}, false, kStandard, ends_subscription},
    {{kTransportError}, false, kLasting, unanswered},
    {{kTransportError}, false, kStandard, ends_subscription},
    {{200, 202, 204, 299}, false, kStandard, accepted},
    {{300, 302, 380}, true, kStandard, retry_after},
    {{300, 301, 302, 305, 380}, false, kStandard, refused},
    {{401}, true, kStandard, refused},
    {{407}, true, kStandard, refused},
    {{404}, true, kStandard, ends_dialog},
    {{405}, true, kStandard, ends_subscription},
    {{408}, true, kLasting, unanswered},
    {{408}, true, kStandard, ends_subscription},
    {{410}, true, kStandard, ends_dialog},
    {{416}, true, kStandard, ends_dialog},
    {{480, 481}, true, kStandard, ends_subscription},
    {{482, 483, 484, 485}, true, kStandard, ends_dialog},
    {{489}, true, kStandard, ends_subscription},
    {{491}, false, kStandard, retry},
    {{400, 403, 486, 491, 499}, true, kStandard, retry_after},
    {{400, 402, 403, 406, 412, 413, 414, 415, 417, 420, 421, 423, 486, 487, 488, 493, 494},
     false,
     kStandard,
     refused},
    {{501}, true, kStandard, ends_subscription},
    {{502}, true, kLasting, unanswered},
    {{502}, true, kStandard, ends_dialog},
    {{505}, true, kStandard, refused},
    {{513}, true, kStandard, refused},
    {{500, 503, 504, 580, 599}, true, kStandard, retry_after},
    {{500, 503, 504, 580, 599}, false, kStandard, retry},
    {{604}, true, kStandard, ends_dialog},
    {{600, 603, 606, 699}, true, kStandard, retry_after},
    {{600, 603, 606, 699}, false, kStandard, refused},
};

TEST(AnswerRules, EachRowHasItsMeaning) {
    for (const Row& row : kExpected) {
        for (const int status : row.statuses) {
            EXPECT_EQ(meaning_of(status, row.retry_after, row.profile), row.meaning)
                << status << (row.retry_after ? " with" : " without") << " Retry-After, "
                << text_of(row.profile);
        }
    }
}

TEST(AnswerRules, EachRowOfTheTableIsReachedByTheTestAbove) {
    std::set<const AnswerRule*> reached;
    for (const Row& row : kExpected) {
        for (const int status : row.statuses) {
            const bool lasting = traits_of(row.profile).survives_timeout;
            for (const AnswerRule& rule : answer_rules()) {
                if (!rule.applies_to(status, row.retry_after, lasting)) continue;
                reached.insert(&rule);
                break;
            }
        }
    }
    EXPECT_EQ(reached.size(), answer_rules().size());
}

TEST(AnswerRules, TheCodesOfRfc6665EndTheSubscriptionWhateverElseTheAnswerSays) {
    for (const int status : {404, 405, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 604}) {
        for (const bool retry_after : {false, true}) {
            for (std::size_t i = 0; i < kProfiles; ++i) {
                const auto meaning = meaning_of(status, retry_after, static_cast<Profile>(i));
                EXPECT_TRUE(meaning == ends_subscription || meaning == ends_dialog) << status;
            }
        }
    }
}

TEST(AnswerRules, EveryFinalAnswerHasOneRowForEachProfile) {
    for (int status = 200; status < 700; ++status) {
        for (const bool retry_after : {false, true}) {
            for (const bool lasting : {false, true}) {
                const auto rules = answer_rules();
                EXPECT_TRUE(std::any_of(rules.begin(), rules.end(), [&](const AnswerRule& rule) {
                    return rule.applies_to(status, retry_after, lasting) && !rule.source.empty();
                })) << status;
            }
        }
    }
}

class Answers : public NotifyTest {
protected:
    /// Two usages of one dialog, both told all; then a change of which the first is answered.
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

TEST_F(Answers, A481EndsOneOfTwoUsagesOfADialog_Rfc5057_5_1) {
    answer_one_of_two(481);
    EXPECT_EQ(world.stats().subscriptions, 1U);
    EXPECT_EQ(world.stats().dialogs, 1U);
    EXPECT_EQ(world.take_notifies().size(), 1U) << "the other one is told";
}

TEST_F(Answers, A404EndsAllUsagesOfADialog_Rfc5057_5_1) {
    answer_one_of_two(404);
    EXPECT_EQ(world.stats().subscriptions, 0U);
    EXPECT_EQ(world.stats().dialogs, 0U);
    EXPECT_EQ(world.stats().subscriptions_failed, 2U);
    EXPECT_TRUE(world.take_notifies().empty());
}

TEST_F(Answers, A500WithoutRetryAfterIsFollowedByTheSameNewsAfterAWhile) {
    world.answer(change().at(0), 500);
    world.pass(29s);
    EXPECT_TRUE(world.take_notifies().empty());
    world.pass(2s);
    const auto again = world.take_notifies();
    ASSERT_FALSE(again.empty());
    EXPECT_NE(again[0].body().find(uri_of(0)), std::string_view::npos);
    EXPECT_EQ(again[0].cseq(), last_told.cseq() + 2);
}

TEST_F(Answers, A500WithRetryAfterIsFollowedByTheSameNewsThen) {
    world.answer(change().at(0), 500, {"Retry-After: 7 (busy);duration=3"});
    world.pass(6900ms);
    EXPECT_TRUE(world.take_notifies().empty());
    world.pass(200ms);
    EXPECT_EQ(world.take_notifies().size(), 1U);
}

TEST_F(Answers, AChallengeKeepsTheSubscriptionAndIsCounted) {
    for (const int status : {401, 407}) {
        world.answer(change().at(0), status);
        EXPECT_EQ(world.stats().subscriptions, 1U);
    }
    EXPECT_EQ(outcomes(NotifyOutcome::rejected), 2U);
}

TEST_F(Answers, A408IsAsGoodAsNoAnswer) {
    world.answer(change().at(0), 408);
    EXPECT_EQ(world.stats().subscriptions, 0U);
}

TEST_F(Answers, A408LeavesAKamailioItsSubscription) {
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

}  // namespace
}  // namespace reginfo::test
