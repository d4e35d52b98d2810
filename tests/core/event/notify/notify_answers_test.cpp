/// @file
/// What an answer to a NOTIFY does to its subscription, but for ending it. What each status means
/// is in tests/core/event/watcher/answer_rules_test.cpp.

#include "core/event/notify/notify_answers.hpp"

#include "core/event/records/grants.hpp"
#include "tests/core/event/notify/notify_step_fixture.hpp"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace reginfo::test {
namespace {

using sip::HeaderName;

class NotifyAnswersTest : public NotifyStepTest {
protected:
    using Fields = std::initializer_list<std::pair<HeaderName, std::string_view>>;

    /// The answer to what is in flight, which stays there for the scheduler.
    NotifyOutcome answer(Subscription& subscription, int status, Fields fields = {}) {
        return answers.answered(now, subscription.dialog, response(status, fields), outbox);
    }

    /// A NOTIFY leaves and is answered at once. Returns what that means.
    AnswerMeaning send_and_answer(Subscription& subscription, int status, Fields fields = {}) {
        put_in_flight(subscription);
        answer(subscription, status, fields);
        const AnswerMeaning meaning = subscription.dialog.in_flight->meaning;
        end_in_flight(subscription.dialog);
        return meaning;
    }

    /// A watcher that is kept although it does not answer, as it has answered before.
    Subscription& lasting(const std::string& name) {
        Subscription& subscription = subscribe(name);
        records.subscriptions.set_profile(subscription, Profile::kamailio);
        subscription.dialog.has_accepted = true;
        return subscription;
    }

    NotifyAnswers answers{parts_of_answers()};
};

TEST_F(NotifyAnswersTest, AfterA2xxTheWatcherHasWhatTheNotifyCarried) {
    Subscription& one = subscribe("one");
    change();
    put_in_flight(one);
    change();
    EXPECT_EQ(answer(one, 200), NotifyOutcome::accepted);
    EXPECT_EQ(one.acked, 1U);
    EXPECT_EQ(aor().lagging(), 1U) << "there is news since";
    end_in_flight(one.dialog);
    send_and_answer(one, 202);
    EXPECT_EQ(one.acked, 2U);
    EXPECT_EQ(aor().lagging(), 0U);
}

TEST_F(NotifyAnswersTest, AfterA2xxToAFullDocumentTheNextOneMayBePartial) {
    Subscription& one = subscribe("one");
    put_in_flight(one).full = false;
    answer(one, 200);
    EXPECT_TRUE(one.full_next) << "what was accepted was not full";
    end_in_flight(one.dialog);
    send_and_answer(one, 200);
    EXPECT_FALSE(one.full_next);
}

TEST_F(NotifyAnswersTest, A2xxDoesNotAnswerTheSubscribeThatCameMeanwhile) {
    Subscription& one = subscribe("one");
    put_in_flight(one);
    one.set_urgent();
    answer(one, 200);
    EXPECT_TRUE(one.full_next);
    EXPECT_TRUE(one.is_urgent());
}

TEST_F(NotifyAnswersTest, ARefusalIsOfThatNotifyAlone) {
    Subscription& one = subscribe("one");
    change();
    one.failures = 2;
    put_in_flight(one);
    EXPECT_EQ(answer(one, 403), NotifyOutcome::rejected);
    EXPECT_EQ(one.due(), Due::nothing);
    EXPECT_EQ(one.failures, 0U);
    EXPECT_EQ(one.acked, 0U);
    EXPECT_EQ(one.last_status, 403U);
}

TEST_F(NotifyAnswersTest, RetryAfterIsBelievedFromASecondToADay) {
    Subscription& one = subscribe("one");
    const std::pair<const char*, Duration> waits[] = {
        {"0", 1s}, {"30 (busy)", 30s}, {"86401", 24h}, {"4294967295", 24h}
    };
    for (const auto& [text, wait] : waits) {
        put_in_flight(one);
        EXPECT_EQ(answer(one, 486, {{HeaderName::retry_after, text}}), NotifyOutcome::rejected);
        EXPECT_EQ(one.extras().not_before, now + wait) << text;
        EXPECT_EQ(one.due(), Due::news) << text;
        end_in_flight(one.dialog);
    }
}

TEST_F(NotifyAnswersTest, AProxyWithoutAWayIsAskedAgainAtIntervalsThatGrow) {
    Subscription& one = subscribe("one");
    for (const Duration wait : {30s, 60s, 120s}) {
        EXPECT_EQ(send_and_answer(one, 503), AnswerMeaning::retry);
        EXPECT_EQ(one.due(), Due::again);
        EXPECT_EQ(one.extras().retry_at, now + wait);
        now += wait;
    }
}

TEST_F(NotifyAnswersTest, FailuresWithinHalfAMinuteCountAsOne) {
    Subscription& one = subscribe("one");
    for (int i = 0; i < 10; ++i) {
        EXPECT_EQ(send_and_answer(one, 500), AnswerMeaning::retry);
        now += 2s;
    }
    EXPECT_EQ(one.failures, 1U);
    now += 10s;
    send_and_answer(one, 500);
    EXPECT_EQ(one.failures, 2U);
}

TEST_F(NotifyAnswersTest, TheFourthFailureInARowOfAProxyEndsTheSubscription) {
    Subscription& one = subscribe("one");
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(send_and_answer(one, 500), AnswerMeaning::retry);
        now += 30s;
    }
    put_in_flight(one);
    EXPECT_EQ(answer(one, 500), NotifyOutcome::ended_subscription);
    EXPECT_EQ(one.dialog.in_flight->meaning, AnswerMeaning::ends_subscription);
}

TEST_F(NotifyAnswersTest, A2xxBeginsTheCountOfFailuresAnew) {
    Subscription& one = subscribe("one");
    for (int i = 0; i < 3; ++i) {
        send_and_answer(one, 500);
        now += 30s;
    }
    send_and_answer(one, 200);
    EXPECT_EQ(one.failures, 0U);
    EXPECT_EQ(send_and_answer(one, 500), AnswerMeaning::retry);
    EXPECT_EQ(one.extras().retry_at, now + 30s);
}

TEST_F(NotifyAnswersTest, AnAnswerThatEndsSomethingSaysSoAndRemovesNothing) {
    Subscription& one = subscribe("one");
    EXPECT_EQ(send_and_answer(one, 481), AnswerMeaning::ends_subscription);
    EXPECT_EQ(send_and_answer(one, 404), AnswerMeaning::ends_dialog);
    EXPECT_EQ(records.subscriptions.size(), 1U);
    EXPECT_EQ(one.state, Subscription::State::active);
}

TEST_F(NotifyAnswersTest, AnyAnswerShowsThatTheWatcherIsThereButA408) {
    Subscription& one = lasting("one");
    one.dialog.standing = Standing::suspect;
    send_and_answer(one, 403);
    EXPECT_EQ(one.dialog.standing, Standing::proven);
    put_in_flight(one);
    EXPECT_EQ(answer(one, 408), NotifyOutcome::timed_out);
    EXPECT_EQ(one.dialog.standing, Standing::suspect);
    EXPECT_EQ(one.due(), Due::again);
}

TEST_F(NotifyAnswersTest, AnAnswerEndsTheSilenceAndLetsALostConnectionBeReplacedAgain) {
    Subscription& one = subscribe("one");
    one.dialog.reconnected = true;
    send_and_answer(one, 403);
    EXPECT_FALSE(one.dialog.silent_since);
    EXPECT_FALSE(one.dialog.reconnected);
}

TEST_F(NotifyAnswersTest, TheContactOfA2xxIsTheTargetFromNowOn) {
    Subscription& one = subscribe("one");
    Subscription& other = subscribe_in(one.dialog);
    next_hops.next_hop(now, one.dialog, 1, outbox);
    windows.wait(now, other, flow);
    send_and_answer(one, 200, {{HeaderName::contact, "<sip:w@198.51.100.9>"}});
    EXPECT_EQ(one.dialog.state.remote_target(), "sip:w@198.51.100.9");
    EXPECT_FALSE(other.is_queued()) << "it waited for another next hop";
    const NextHopAnswer next = next_hops.next_hop(now, one.dialog, 1, outbox);
    EXPECT_EQ(std::get<Flow>(next).peer, endpoint("198.51.100.9"));
}

TEST_F(NotifyAnswersTest, AContactThatCannotBeTheTargetIsNotTaken) {
    settings.limits.dialog_state_bytes = 256;
    Subscription& one = subscribe("one");
    const std::string too_long = "<sip:" + std::string(200, 'w') + "@198.51.100.9>";
    const std::initializer_list<std::string_view> contacts{
        "<sip:w@198.51.100.9>, <sip:w@198.51.100.10>",
        "<tel:+4930123>",
        "<sip:w@192.0.2.1:5060>",
        "*",
        "<sip:w",
        too_long,
    };
    for (const std::string_view contact : contacts) {
        EXPECT_EQ(
            send_and_answer(one, 200, {{HeaderName::contact, contact}}), AnswerMeaning::accepted
        );
        EXPECT_EQ(one.dialog.state.remote_target(), kContact) << contact;
    }
    EXPECT_EQ(stats.forbidden_places, 1U) << "our own address";
}

TEST_F(NotifyAnswersTest, WhileARefreshIsBeingStoredItsContactCounts) {
    Subscription& one = subscribe("one");
    one.dialog.requests.is_locked = true;
    send_and_answer(one, 200, {{HeaderName::contact, "<sip:w@198.51.100.9>"}});
    EXPECT_EQ(one.dialog.state.remote_target(), kContact);
}

TEST_F(NotifyAnswersTest, AContactWithoutTheAliasOfTheProxyIsOfAPhoneBehindNat) {
    constexpr std::string_view kBehindNat = "sip:w@192.168.1.5;alias=198.51.100.7~5060~1";
    Subscription& one = subscribe("one", kBehindNat);
    send_and_answer(one, 200, {{HeaderName::contact, "<sip:w@192.168.1.5>"}});
    EXPECT_EQ(one.dialog.state.remote_target(), kBehindNat);
    constexpr std::string_view kMoved = "sip:w@192.168.1.5;alias=198.51.100.7~5070~1";
    send_and_answer(one, 200, {{HeaderName::contact, "<" + std::string(kMoved) + ">"}});
    EXPECT_EQ(one.dialog.state.remote_target(), kMoved);
}

TEST_F(NotifyAnswersTest, A2xxMayAskForOtherRates) {
    Subscription& one = subscribe("one");
    send_and_answer(one, 200, {{HeaderName::event, "reg;max-rate=0.01"}});
    ASSERT_TRUE(one.rates());
    EXPECT_EQ(interval_of(one.rates()->rates().max), 100s);
    send_and_answer(one, 200);
    EXPECT_TRUE(one.rates()) << "a 2xx without Event asks for nothing";
    send_and_answer(one, 200, {{HeaderName::event, "presence"}});
    EXPECT_TRUE(one.rates());
    send_and_answer(one, 200, {{HeaderName::event, "reg"}});
    EXPECT_FALSE(one.rates());
}

TEST_F(NotifyAnswersTest, TheTimeThatANotifyTookToArriveIsAddedToTheSubscription) {
    Subscription& one = subscribe("one");
    const auto send = [&] {
        const TimePoint until = lives_until(settings, one);
        records.subscriptions.expiries.set(one, until);
        put_in_flight(one);
        return until;
    };
    TimePoint end = send();
    now += 499ms;
    answer(one, 200);
    EXPECT_EQ(records.subscriptions.expiries.pop_expired(end), &one) << "it was prompt";
    end_in_flight(one.dialog);

    end = send();
    now += 8s;
    answer(one, 200);
    EXPECT_EQ(records.subscriptions.expiries.pop_expired(end + 8s - 1us), nullptr);
    EXPECT_EQ(records.subscriptions.expiries.pop_expired(end + 8s), &one);
}

TEST_F(NotifyAnswersTest, OnlyA2xxThatChangesTheDialogIsStored) {
    settings.durable = true;
    Subscription& one = subscribe("one");
    one.dialog.is_stored = true;
    send_and_answer(one, 200);
    EXPECT_TRUE(take<Commit>().empty());
    send_and_answer(one, 200, {{HeaderName::contact, "<sip:w@198.51.100.9>"}});
    const std::vector<Commit> commits = take<Commit>();
    ASSERT_EQ(commits.size(), 1U);
    EXPECT_FALSE(commits[0].is_awaited);
    EXPECT_EQ(commits[0].writes.at(0).bucket, Bucket::dialog);
}

TEST_F(NotifyAnswersTest, TheFirst2xxOfAWatcherThatMayBeSilentLaterIsStored) {
    settings.durable = true;
    Subscription& one = subscribe("one");
    records.subscriptions.set_profile(one, Profile::kamailio);
    one.dialog.is_stored = true;
    send_and_answer(one, 200);
    EXPECT_EQ(take<Commit>().size(), 1U);
    send_and_answer(one, 200);
    EXPECT_TRUE(take<Commit>().empty());
}

TEST_F(NotifyAnswersTest, AfterTheEndsTheRestFollowsAtOnceAlsoAfterACrash) {
    settings.durable = true;
    Subscription& one = subscribe("one");
    one.dialog.is_stored = true;
    one.abridgement.shorten(true);
    send_and_answer(one, 200);
    EXPECT_TRUE(one.is_urgent());
    EXPECT_TRUE(one.dialog.is_unsettled);
    const std::vector<Commit> commits = take<Commit>();
    ASSERT_EQ(commits.size(), 1U);
    EXPECT_EQ(commits[0].writes.at(1).bucket, Bucket::unsettled);
}

TEST_F(NotifyAnswersTest, WithoutAnyAnswerAWatcherIsGoneUnlessItsProfileKeepsIt) {
    Subscription& gone = subscribe("one");
    EXPECT_EQ(answers.failed(now, gone, 408, kNoAnswer), AnswerMeaning::ends_subscription);
    EXPECT_EQ(gone.last_status, 408U);
    Subscription& kept = lasting("two");
    EXPECT_EQ(answers.failed(now, kept, 408, kNoAnswer), AnswerMeaning::unanswered);
    EXPECT_EQ(kept.due(), Due::again);
    EXPECT_EQ(kept.extras().retry_at, now + 30s);
}

TEST_F(NotifyAnswersTest, TheProfileAloneKeepsNobodyWhoHasNeverAnswered) {
    Subscription& one = lasting("one");
    one.dialog.has_accepted = false;
    EXPECT_EQ(answers.failed(now, one, 408, kNoAnswer), AnswerMeaning::ends_subscription);
}

TEST_F(NotifyAnswersTest, AReroutedDialogWaitsNoMoreAndFindsItsNextHopAnew) {
    Subscription& one = subscribe("one");
    next_hops.next_hop(now, one.dialog, 1, outbox);
    windows.wait(now, one, flow);
    answers.reroute(one.dialog);
    EXPECT_FALSE(one.is_queued());
    EXPECT_FALSE(NextHops::known(one.dialog));
}

}  // namespace
}  // namespace reginfo::test
