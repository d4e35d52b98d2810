/// @file
/// What answers to a NOTIFY mean: the table row by row (RFC 6665 §4.2.2, RFC 5057 §5). What the
/// engine does then is in tests/wire/rfc6665_notify_test.cpp and rfc5057_test.cpp.

#include "core/event/watcher/answer_rules.hpp"

#include "core/event/watcher/profile.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

namespace reginfo::test {
namespace {

struct Row {
    std::vector<int> statuses;
    bool retry_after;
    Profile profile;
    AnswerMeaning meaning;
    bool worn_out = false;

    NotifyEnd end(int status) const {
        return {status, retry_after, traits_of(profile).survives_timeout, worn_out};
    }
};

using enum AnswerMeaning;
constexpr Profile kStandard = Profile::standard;
constexpr Profile kLasting = Profile::kamailio;

const Row kExpected[] = {
    {{kNoAnswer}, false, kLasting, unanswered},
    {{kNoAnswer}, false, kStandard, ends_subscription},
    {{kTransportError, kNoRoute}, false, kLasting, unanswered},
    {{kTransportError}, false, kStandard, retry},
    {{kNoRoute}, false, kStandard, ends_subscription},
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
    {{500}, false, kStandard, ends_subscription, true},
    {{500}, true, kStandard, retry_after, true},
    {{503}, false, kStandard, ends_subscription, true},
    {{504}, false, kStandard, retry, true},
    {{500, 503, 504, 580, 599}, true, kStandard, retry_after},
    {{500, 503, 504, 580, 599}, false, kStandard, retry},
    {{604}, true, kStandard, ends_dialog},
    {{600, 603, 606, 699}, true, kStandard, retry_after},
    {{600, 603, 606, 699}, false, kStandard, refused},
};

TEST(AnswerRules, EachRowHasItsMeaning) {
    for (const Row& row : kExpected) {
        for (const int status : row.statuses) {
            EXPECT_EQ(meaning_of(row.end(status)), row.meaning)
                << status << (row.retry_after ? " with" : " without") << " Retry-After, "
                << text_of(row.profile);
        }
    }
}

TEST(AnswerRules, EachRowOfTheTableIsReachedByTheTestAbove) {
    std::set<const AnswerRule*> reached;
    for (const Row& row : kExpected) {
        for (const int status : row.statuses) {
            for (const AnswerRule& rule : answer_rules()) {
                if (!rule.applies_to(row.end(status))) continue;
                reached.insert(&rule);
                break;
            }
        }
    }
    EXPECT_EQ(reached.size(), answer_rules().size());
}

TEST(AnswerRules, TheCodesOfRfc6665EndTheSubscriptionWhateverElseTheAnswerHas) {
    for (const int status : {404, 405, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 604}) {
        for (const bool retry_after : {false, true}) {
            for (const bool lasting : {false, true}) {
                const auto meaning = meaning_of({status, retry_after, lasting});
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
                    return rule.applies_to({status, retry_after, lasting}) && !rule.source.empty();
                })) << status;
            }
        }
    }
}

}  // namespace
}  // namespace reginfo::test
