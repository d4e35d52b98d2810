/// @file
/// NOTIFY transactions: timers, one in flight a dialog, folding, superseding, answers (RULES.md,
/// "One NOTIFY in flight"; RFC 3261 §17.1.2, RFC 6665 §4.2.2).

#include "tests/core/event/notify/notify_fixture.hpp"

namespace reginfo::test {
namespace {

/// Subscribed, with the document `init`; X can be published. Peers answer nothing from then on.
class NotifySending : public NotifyTest {};

// RFC 3261 §17.1.2.2: E doubles from T1 up to T2; F is 64 T1.
TEST_F(NotifySending, TimerERunsByTheMillisecondOverUdpAndTimerFEndsTheSubscription) {
    const std::vector<Sent> first = change();
    ASSERT_EQ(first.size(), 1U);
    world.pass(32s - 1ms);
    std::vector<std::int64_t> at;
    for (const Sent& again : world.take_notifies()) {
        EXPECT_EQ(*again.bytes, *first[0].bytes);
        at.push_back((again.at - first[0].at).count() / 1000);
    }
    EXPECT_EQ(
        at,
        (std::vector<std::int64_t>{500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500})
    );
    EXPECT_EQ(world.stats().subscriptions, 1U);
    EXPECT_EQ(world.stats().retransmissions_sent, 10U);

    world.pass(1ms);
    EXPECT_EQ(world.stats().subscriptions, 0U);
    EXPECT_EQ(outcomes(NotifyOutcome::timed_out), 1U);
}

TEST_F(NotifySending, NothingIsRetransmittedOverTcpButTimerFRuns) {
    watcher.flow = tcp_flow("198.51.100.1", 40000, 7);
    watcher.contact = "sip:w1@198.51.100.1:40000;transport=tcp";
    watcher.to_tag.clear();
    watcher.name = "tcp";
    subscribe();
    const auto notifies = change();
    ASSERT_FALSE(notifies.empty());
    world.pass(31s);
    for (const Sent& sent : world.take()) EXPECT_EQ(sent.flow.transport, Transport::udp);
    world.pass(2s);
    EXPECT_EQ(world.stats().subscriptions, 0U);
}

TEST_F(NotifySending, LaterChangesFoldIntoTheNextNotify) {
    const Sent first = change().at(0);
    EXPECT_TRUE(change().empty()) << "one in flight";
    EXPECT_TRUE(change().empty());
    world.answer(first, 200);
    const std::vector<Sent> next = world.take_notifies();
    ASSERT_EQ(next.size(), 1U);
    EXPECT_EQ(read_told(next[0].body())->contacts.size(), 3U);
    world.answer(next[0], 200);
    EXPECT_TRUE(world.take().empty());
}

TEST_F(NotifySending, CSeqAndVersionGrowByOne) {
    const std::uint32_t cseq = last_told.cseq();
    const std::uint32_t version = read_told(last_told.body())->version;
    EXPECT_EQ(version, 0U);
    for (std::uint32_t i = 1; i < 5; ++i) {
        const Sent notify = change().at(0);
        EXPECT_EQ(notify.cseq(), cseq + i);
        EXPECT_EQ(read_told(notify.body())->version, version + i);
        world.answer(notify, 200);
    }
}

// RFC 3261 §8.2.6.2: Call-ID, From, To and CSeq of a response are those of its request.
TEST_F(NotifySending, AResponseThatFitsTheTransactionButNotTheDialogIsDropped) {
    const Sent notify = change().at(0);
    const std::string right = response_text(notify.message, 481);
    const auto with = [&](std::string_view part, std::string_view other) {
        std::string text = right;
        const std::size_t at = text.find(part);
        EXPECT_NE(at, std::string::npos) << part;
        return text.replace(at, part.size(), other);
    };
    const std::string from_tag = notify.header("From").substr(notify.header("From").find("tag="));
    const std::string cseq = "CSeq: " + std::to_string(notify.cseq());
    for (const std::string& wrong : {
             with("call-w1", "call-w2"),
             with(from_tag, "tag=0123456789abcdef"),
             with(";tag=w1", ";tag=w2"),
             with(";tag=w1", ""),
             with(cseq, "CSeq: " + std::to_string(notify.cseq() + 1)),
         }) {
        world.receive(notify.flow, wrong);
    }
    EXPECT_EQ(world.stats().stray_responses, 5U);
    EXPECT_EQ(world.stats().notifies_in_flight, 1U);
    EXPECT_EQ(world.stats().subscriptions, 1U);

    world.receive(notify.flow, right);
    EXPECT_EQ(world.stats().subscriptions, 0U);
}

// Whoever spoofs a SUBSCRIBE chooses its User-Agent as well.
TEST_F(NotifySending, ASubscriptionOfKamailiosProfileThatNeverAcceptedANotifyEndsUnanswered) {
    end();
    watcher = kamailio_watcher();
    ASSERT_EQ(watcher.subscribe(world).status(), 200);
    world.pass(33s);
    EXPECT_EQ(world.stats().subscriptions, 0U);
}

TEST_F(NotifySending, OneThatAcceptedANotifyOutlastsSilence) {
    end();
    watcher = kamailio_watcher();
    subscribe();
    change();
    world.pass(33s);
    EXPECT_EQ(world.stats().subscriptions, 1U);
}

TEST_F(NotifySending, ANextHopThatHasNeverAnsweredGetsNoMoreThan64kBAMinute) {
    end();
    for (int i = 0; i < 40; ++i) contacts.push_back({.uri = uri_of(next_contact++)});
    publish_again();
    world.take();
    for (int i = 0; i < 50; ++i) {
        Watcher spoofed("s" + std::to_string(i), "198.51.100.77");
        world.receive(spoofed.flow, spoofed.subscribe().text());
    }
    std::size_t bytes = 0;
    for (int second = 0; second < 59; ++second) {
        for (const Sent& sent : world.take_notifies()) bytes += sent.bytes->size();
        world.pass(1s);
    }
    EXPECT_GT(bytes, 0U);
    EXPECT_LE(bytes, 64'000U);
    EXPECT_GT(world.stats().refused_by_bound[index_of(Bound::unanswered_hop)], 0U);
}

TEST_F(NotifySending, WhatWaitsForAStrangerLeavesWhenItAnswersForTheFirstTime) {
    end();
    for (int i = 0; i < 40; ++i) contacts.push_back({.uri = uri_of(next_contact++)});
    publish_again();
    world.take();
    std::vector<Sent> first;
    for (int i = 0; i < 50; ++i) {
        Watcher other("s" + std::to_string(i), "198.51.100.77");
        world.receive(other.flow, other.subscribe().text());
        for (Sent& sent : world.take_notifies()) first.push_back(std::move(sent));
    }
    ASSERT_LT(first.size(), 50U);
    world.answers = [](const Sent&) { return 200; };
    for (const Sent& sent : first) world.answer(sent, 200);
    EXPECT_EQ(first.size() + world.take_notifies().size(), 50U);
}

TEST_F(NotifySending, ANextHopThatHasAnsweredOnceGetsAllNotifies) {
    for (int i = 0; i < 40; ++i) contacts.push_back({.uri = uri_of(next_contact++)});
    world.answers = [](const Sent&) { return 200; };
    publish_again();
    world.take();
    std::size_t bytes = 0;
    for (int i = 0; i < 50; ++i) {
        Watcher other("s" + std::to_string(i));
        ASSERT_EQ(other.subscribe(world).status(), 200);
        for (const Sent& sent : world.take_notifies()) bytes += sent.bytes->size();
    }
    EXPECT_GT(bytes, 100'000U);
}

TEST_F(NotifySending, AnUnansweredNotifyGivesWayToNewerStateAfterFourSeconds) {
    const Sent first = change().at(0);
    change();
    world.pass(4s - 1ms);
    for (const Sent& again : world.take()) EXPECT_EQ(again.cseq(), first.cseq());
    world.pass(1ms);
    const std::vector<Sent> next = world.take_notifies();
    ASSERT_EQ(next.size(), 1U);
    EXPECT_EQ(next[0].cseq(), first.cseq() + 1);
    EXPECT_EQ(read_told(next[0].body())->contacts.size(), 2U);
    EXPECT_EQ(outcomes(NotifyOutcome::superseded), 1U);

    world.answer(first, 200);
    EXPECT_EQ(world.stats().stray_responses, 1U) << "its transaction is over";
    EXPECT_EQ(world.stats().notifies_in_flight, 1U);
}

TEST_F(NotifySending, NewsAfterFourSecondsOfSilenceGoesAtOnce) {
    const Sent first = change().at(0);
    world.pass(10s);
    world.take();
    const std::vector<Sent> next = change();
    ASSERT_EQ(next.size(), 1U);
    EXPECT_EQ(next[0].cseq(), first.cseq() + 1);
}

TEST_F(NotifySending, WithoutNewsAnUnansweredNotifyIsNotSuperseded) {
    const Sent first = change().at(0);
    world.pass(31s);
    for (const Sent& again : world.take()) EXPECT_EQ(again.cseq(), first.cseq());
}

// RFC 6665 4.2.1.2: immediately. T1 is for an answer that is on its way.
TEST_F(NotifySending, ARefreshSupersedesANotifyThatIsUnansweredForT1) {
    const Sent first = change().at(0);
    ASSERT_EQ(watcher.subscribe(world).status(), 200);
    world.pass(500ms - 1ms);
    EXPECT_TRUE(world.take_notifies().empty());
    world.pass(1ms);
    EXPECT_EQ(world.take_notifies().at(0).cseq(), first.cseq() + 1);

    world.pass(500ms);
    world.take();
    ASSERT_EQ(watcher.subscribe(world, 0).status(), 200);
    const Sent last = world.take_notifies().at(0);
    EXPECT_EQ(last.cseq(), first.cseq() + 2);
    EXPECT_EQ(last.header("Subscription-State"), "terminated;reason=timeout");
}

// Else two usages that end at once would take turns in giving way to each other.
TEST_F(NotifySending, TheEndOfAnotherUsageIsNotCutOffByARefresh) {
    world.answers = [](const Sent&) { return 200; };
    watcher.event = "reg;id=2";
    ASSERT_EQ(watcher.subscribe(world).status(), 200);
    world.take();
    world.answers = silence;
    watcher.event = "reg";
    ASSERT_EQ(watcher.subscribe(world, 0).status(), 200);
    const Sent end = world.take_notifies().at(0);
    watcher.event = "reg;id=2";
    ASSERT_EQ(watcher.subscribe(world).status(), 200);
    world.pass(600ms);
    for (const Sent& again : world.take_notifies()) EXPECT_EQ(again.cseq(), end.cseq());
    world.answer(end, 200);
    EXPECT_EQ(world.take_notifies().at(0).header("Event"), "reg;id=2");
    EXPECT_EQ(world.stats().subscriptions, 1U);
}

TEST_F(NotifySending, KamailioIsGivenOneSecond) {
    Watcher kamailio = kamailio_watcher();
    world.answers = [](const Sent&) { return 200; };
    kamailio.subscribe(world);
    world.answers = silence;
    world.take();
    const auto theirs = [&](const std::vector<Sent>& all) {
        std::vector<Sent> own;
        for (const Sent& sent : all) {
            if (kamailio.owns(sent)) own.push_back(sent);
        }
        return own;
    };
    const Sent first = theirs(change()).at(0);
    change();
    world.pass(1s - 1ms);
    EXPECT_EQ(theirs(world.take()).back().cseq(), first.cseq());
    world.pass(1ms);
    EXPECT_EQ(theirs(world.take()).at(0).cseq(), first.cseq() + 1);
}

// A dead watcher is noticed although there is always a newer change.
TEST_F(NotifySending, AWatcherThatNeverAnswersIsGivenUpInSpiteOfNews) {
    for (int i = 0; i < 20 && world.stats().subscriptions > 0; ++i) {
        change();
        world.pass(5s);
    }
    EXPECT_EQ(world.stats().subscriptions, 0U);
}

TEST_F(NotifySending, A481EndsTheSubscriptionWithoutAnotherNotify) {
    world.answer(change().at(0), 481);
    EXPECT_EQ(world.stats().subscriptions, 0U);
    EXPECT_EQ(world.stats().subscriptions_failed, 1U);
    world.pass(60s);
    EXPECT_TRUE(world.take().empty());
    EXPECT_EQ(watcher.subscribe(world).status(), 481);
}

TEST_F(NotifySending, AfterAFailureWithRetryAfterTheStateIsNotifiedAgainThen) {
    const Sent first = change().at(0);
    world.answer(first, 503, {"Retry-After: 10 (busy);duration=60"});
    EXPECT_TRUE(change().empty()) << "news waits as well";
    world.pass(10s - 1ms);
    EXPECT_TRUE(world.take().empty());
    world.pass(1ms);
    const std::vector<Sent> again = world.take_notifies();
    ASSERT_EQ(again.size(), 1U);
    EXPECT_EQ(again[0].cseq(), first.cseq() + 1);
    EXPECT_EQ(read_told(again[0].body())->contacts.size(), 2U);
}

TEST_F(NotifySending, ARetryAfterThatIsLongerThanTimerFKeepsTheSubscription) {
    world.answer(change().at(0), 503, {"Retry-After: 60"});
    world.pass(60s);
    ASSERT_EQ(world.take_notifies().size(), 1U);
    EXPECT_EQ(world.stats().subscriptions, 1U);
}

TEST_F(NotifySending, AnOverloadedProxyThatAnswers503TwiceDoesNotEndTheSubscription) {
    world.answer(change().at(0), 503);
    world.pass(30s);
    world.answer(world.take_notifies().at(0), 503);
    world.pass(60s);
    ASSERT_EQ(world.take_notifies().size(), 1U);
    EXPECT_EQ(world.stats().subscriptions, 1U);
}

TEST_F(NotifySending, AFailureWithoutRetryAfterKeepsTheSubscription) {
    world.answer(change().at(0), 500);
    EXPECT_EQ(world.stats().subscriptions, 1U);
    EXPECT_EQ(read_told(change().at(0).body())->contacts.size(), 2U);
}

TEST_F(NotifySending, AnEndIsRepeatedUntilA2xx) {
    world.answer(change().at(0), 200);
    unpublish();
    world.take();
    world.pass(4s);
    publish_again();
    const Sent second = world.take_notifies().back();
    EXPECT_EQ(read_told(second.body())->contacts.at(uri_of(0)).state, "terminated");
    world.answer(second, 500);
    const Sent third = change().at(0);
    EXPECT_EQ(read_told(third.body())->contacts.at(uri_of(0)).state, "terminated");
    world.answer(third, 200);
    const Sent fourth = change().at(0);
    EXPECT_FALSE(read_told(fourth.body())->contacts.contains(uri_of(0)));
}

TEST_F(NotifySending, TheDocumentAfterARefreshIsFullAndSentWithoutAChange) {
    world.answer(change().at(0), 200);
    watcher.subscribe(world);
    const Sent notify = world.take_notifies().at(0);
    EXPECT_TRUE(read_told(notify.body())->full);
    EXPECT_EQ(read_told(notify.body())->contacts.size(), 1U);
}

TEST_F(NotifySending, KamailioOutlivesATimeoutAndIsTriedAgainLater) {
    end();
    Watcher kamailio = kamailio_watcher();
    world.answers = [](const Sent&) { return 200; };
    kamailio.subscribe(world);
    world.answers = silence;
    change();
    world.pass(32s);
    EXPECT_EQ(world.stats().subscriptions, 1U);
    world.take();
    world.pass(30s - 1ms);
    EXPECT_TRUE(world.take().empty());
    world.pass(1ms);
    EXPECT_EQ(world.take_notifies().size(), 1U);
}

TEST_F(NotifySending, ANotifyLeavesByTheListenerThatTookTheSubscribe) {
    Watcher six("six", "2001:db8::7");
    six.flow = udp_flow("2001:db8::7", 5060, 2);
    world.answers = [](const Sent&) { return 200; };
    six.subscribe(world);
    const Sent notify = world.take_notifies().at(0);
    EXPECT_EQ(notify.flow, six.flow);
    EXPECT_EQ(notify.header("Contact"), "<sip:[2001:db8::1]:5060>");
    EXPECT_EQ(notify.header("Via").substr(0, 29), "SIP/2.0/UDP [2001:db8::1]:506");
}

TEST_F(NotifySending, ANotifyHasTheDialogsOwnUris) {
    EXPECT_EQ(last_told.header("From"), "<sip:alice@example.org>;tag=" + watcher.to_tag);
    EXPECT_EQ(last_told.header("To"), "<sip:w1@example.org>;tag=w1");
    EXPECT_EQ(last_told.message.request_uri, watcher.contact);
    EXPECT_EQ(last_told.header("Event"), "reg");
    EXPECT_EQ(last_told.header("Subscription-State"), "active;expires=3600");
    EXPECT_EQ(last_told.header("Content-Type"), "application/reginfo+xml");
}

}  // namespace
}  // namespace reginfo::test
