/// @file
/// RULES.md, "A lease that has run out": others may serve what this process serves, and it cannot
/// know. It stands still, and goes on if it was only slow.

#include "core/event/records/dialog_storage.hpp"
#include "tests/core/late_store.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace reginfo::test {
namespace {

std::string options_of(const Flow& flow) {
    RequestText request;
    request.method = "OPTIONS";
    request.uri = "sip:192.0.2.1:5060";
    request.via = "SIP/2.0/" + std::string(name_of(flow.transport)) + " " + flow.peer.to_string() +
                  ";branch=" + next_branch() + ";rport";
    request.to = "<sip:192.0.2.1:5060>";
    request.call_id = next_branch();
    return request.text();
}

class Suspended : public LateStore {
protected:
    static std::optional<int> silent(const Sent&) { return std::nullopt; }

    /// Subscribes a watcher of an AOR of its own, with the store's answer.
    void crowd(int count, int expires) {
        world.store_answers_late = false;
        for (int i = 0; i < count; ++i) {
            Watcher one("crowd" + std::to_string(i));
            one.aor = "sip:crowd" + std::to_string(i) + "@example.org";
            ASSERT_EQ(one.subscribe(world, expires).status(), 200);
        }
        world.take();
    }
};

TEST_F(Suspended, OptionsAreAnswered503UntilItGoesOn) {
    world.suspend();
    const Sent meanwhile = world.ask(watcher.flow, options_of(watcher.flow));
    world.resume();
    const Sent afterwards = world.ask(watcher.flow, options_of(watcher.flow));

    EXPECT_EQ(meanwhile.status(), 503);
    EXPECT_FALSE(meanwhile.has("Retry-After"));
    EXPECT_EQ(afterwards.status(), 200);
}

TEST_F(Suspended, ACopyOfAnOptionsAnswered503IsAnsweredAnewAfterwards) {
    const std::string options = options_of(watcher.flow);
    world.suspend();
    EXPECT_EQ(world.ask(watcher.flow, options).status(), 503);

    world.resume();

    EXPECT_EQ(world.ask(watcher.flow, options).status(), 200);
}

TEST_F(Suspended, ARefusalDoesNotLeaveAndAnswersTheRetransmissionAfterwards) {
    publisher.etag = "0123456789abcdef";
    const std::string request = publisher.request(3600, body({contact(kX)})).text();

    world.suspend();
    world.receive(publisher.flow, request);
    world.receive(publisher.flow, request);
    EXPECT_EQ(statuses(), Statuses{});

    world.resume();
    world.receive(publisher.flow, request);
    EXPECT_EQ(statuses(), Statuses{412});
}

TEST_F(Suspended, NoAnswerButA503IsCounted) {
    publisher.etag = "0123456789abcdef";
    world.suspend();
    send(publisher, body({contact(kX)}));

    const auto& sent = world.stats().responses_sent[index_of(sip::Method::publish)];
    EXPECT_EQ(sent[index_of(Transport::udp)][412], 0U);
}

TEST_F(Suspended, ARequestOfADialogThatIsUnknownGetsNo481) {
    watcher.to_tag = "0123456789abcdef";
    world.suspend();
    world.receive(watcher.flow, watcher.subscribe().text());

    EXPECT_EQ(statuses(), Statuses{});
}

TEST_F(Suspended, ACommitThatIsDurableMeanwhileIsAnsweredWhenItGoesOn) {
    const Flow tcp = tcp_flow("203.0.113.1", 40'000, 7);
    publisher.flow = tcp;
    send(publisher, body({contact(kX)}));

    world.suspend();
    world.commit();
    EXPECT_EQ(statuses(), Statuses{});
    EXPECT_EQ(world.stats().publications, 0U);

    world.resume();
    const Sent answer = world.take_one();
    EXPECT_EQ(answer.status(), 200);
    EXPECT_EQ(answer.flow, tcp);
    EXPECT_EQ(world.stats().publications, 1U);
}

TEST_F(Suspended, ARequestThatCameMeanwhileIsStoredAndAnsweredWhenItGoesOn) {
    world.suspend();
    send(publisher, body({contact(kX)}));
    world.commit();

    world.resume();

    EXPECT_EQ(statuses(), Statuses{200});
}

TEST_F(Suspended, WhatTheStoreRefusesIsAnswered503AtOnce) {
    publisher.flow = tcp_flow("203.0.113.1", 40'000, 7);
    send(publisher, body({contact(kX)}));

    world.suspend();
    world.commit(false);

    EXPECT_EQ(statuses(), Statuses{503});
}

TEST_F(Suspended, ARepetitionByAnotherWayIsAnsweredTogetherWithTheFirst) {
    world.suspend();
    RequestText request = publisher.request(3600, body({contact(kX)}));
    world.receive(publisher.flow, request.text());
    request.via = "SIP/2.0/UDP 203.0.113.1:5060;branch=" + next_branch() + ";rport";
    world.receive(publisher.flow, request.text());
    world.commit();
    EXPECT_EQ(statuses(), Statuses{});

    world.resume();

    EXPECT_EQ(statuses(), (Statuses{200, 200}));
}

TEST_F(Suspended, NothingIsDueByTime) {
    world.answers = silent;
    subscribed(watcher);
    published(publisher, body({contact(kX)}));

    world.suspend();

    EXPECT_EQ(world.next_deadline(), std::nullopt);
    world.pass(2h);
    EXPECT_EQ(world.take().size(), 0U);
    EXPECT_EQ(world.stats().subscriptions, 1U);
    EXPECT_EQ(world.stats().publications, 1U);
}

TEST_F(Suspended, ANotifyInFlightIsTakenBackAndSentWithTheNextCseq) {
    world.answers = silent;
    world.receive(watcher.flow, watcher.subscribe().text());
    world.commit();
    const Sent before = world.take_notifies().back();

    world.suspend();
    world.pass(100s);
    world.resume();
    world.pass(0s);

    const std::vector<Sent> after = world.take_notifies();
    ASSERT_EQ(after.size(), 1U);
    EXPECT_EQ(after[0].cseq(), before.cseq() + 1);
    EXPECT_NE(after[0].header("Via"), before.header("Via"));
    EXPECT_EQ(world.stats().notify_outcomes[index_of(NotifyOutcome::timed_out)], 0U);
    EXPECT_EQ(world.stats().subscriptions, 1U);
}

TEST_F(Suspended, TheTimersOfWhatWasTakenBackBeginAnew) {
    world.answers = silent;
    subscribed(watcher);
    world.pass(31s);

    world.suspend();
    world.pass(1h);
    world.resume();
    world.pass(31s);
    EXPECT_EQ(world.stats().notify_outcomes[index_of(NotifyOutcome::timed_out)], 0U);
    EXPECT_EQ(world.stats().subscriptions_failed, 0U);

    world.pass(2s);
    EXPECT_EQ(world.stats().notify_outcomes[index_of(NotifyOutcome::timed_out)], 1U);
}

TEST_F(Suspended, AnAnswerThatComesMeanwhileCounts) {
    world.answers = silent;
    subscribed(watcher);
    published(publisher, body({contact(kX)}));
    world.pass(5s);  // the one of the SUBSCRIBE is superseded
    const Sent news = world.take_notifies().back();

    world.suspend();
    world.answer(news, 200);
    world.resume();
    world.pass(1min);

    EXPECT_EQ(world.take_notifies().size(), 0U);
}

TEST_F(Suspended, NewsThatWaitsForSuchAnAnswerLeavesWhenItGoesOn) {
    world.answers = silent;
    world.receive(watcher.flow, watcher.subscribe().text());
    world.commit();
    const Sent first = world.take_notifies().back();
    published(publisher, body({contact(kX)}));

    world.suspend();
    world.answer(first, 200);
    EXPECT_EQ(world.take().size(), 0U);
    world.resume();
    world.pass(0s);

    const std::vector<Sent> after = world.take_notifies();
    ASSERT_EQ(after.size(), 1U);
    EXPECT_EQ(after[0].cseq(), first.cseq() + 1);
}

TEST_F(Suspended, AnAnswerToWhatWasTakenBackIsAStray) {
    world.answers = silent;
    world.receive(watcher.flow, watcher.subscribe().text());
    world.commit();
    const Sent before = world.take_notifies().back();
    world.suspend();
    world.resume();
    world.pass(0s);

    world.answer(before, 481);

    EXPECT_EQ(world.stats().stray_responses, 1U);
    EXPECT_EQ(world.stats().subscriptions, 1U);
}

TEST_F(Suspended, ALastNotifyIsSentHoweverLongItLasted) {
    world.answers = silent;
    subscribed(watcher);
    world.receive(watcher.flow, watcher.subscribe(0).text());
    world.commit();
    world.take();

    world.suspend();
    world.pass(10min);
    world.resume();
    world.answers = [](const Sent&) { return 200; };
    world.pass(10s);

    const std::vector<Sent> after = world.take_notifies();
    ASSERT_GE(after.size(), 1U);
    EXPECT_TRUE(after.back().header("Subscription-State").starts_with("terminated"));
    EXPECT_EQ(world.stats().subscriptions, 0U);
    EXPECT_EQ(world.stats().subscriptions_failed, 0U);
}

TEST_F(Suspended, OneWhoseTimeIsOverMeanwhileIsToldSo) {
    world.receive(watcher.flow, watcher.subscribe(60).text());
    world.commit();
    world.take();

    world.suspend();
    world.pass(10min);
    world.resume();
    world.pass(1s);

    const Sent last = world.take_one();
    EXPECT_TRUE(last.header("Subscription-State").starts_with("terminated"));
    EXPECT_EQ(world.stats().subscriptions, 0U);
}

TEST_F(Suspended, ARefreshThatCameMeanwhileKeepsASubscriptionWhoseTimeWasOver) {
    world.receive(watcher.flow, watcher.subscribe(60).text());
    world.commit();
    const std::string to = world.take().front().header("To");
    watcher.to_tag = to.substr(to.find("tag=") + 4);

    world.suspend();
    world.pass(50s);
    world.receive(watcher.flow, watcher.subscribe(3600).text());
    world.pass(10min);
    world.commit();
    world.resume();
    world.pass(1s);

    EXPECT_EQ(world.stats().subscriptions, 1U);
    EXPECT_EQ(world.stats().subscriptions_expired, 0U);
}

TEST_F(Suspended, AFetchIsServedWhenItComesAgainAfterwards) {
    const std::string fetch = watcher.subscribe(0).text();
    world.suspend();
    world.receive(watcher.flow, fetch);
    world.resume();
    world.pass(0s);
    EXPECT_EQ(world.take().size(), 0U);

    world.receive(watcher.flow, fetch);

    const std::vector<Sent> sent = world.take();
    ASSERT_EQ(sent.size(), 2U);
    EXPECT_EQ(sent[0].status(), 200);
    EXPECT_TRUE(sent[1].is_notify());
}

TEST_F(Suspended, WhatIsOverdueIsWorkedOffAtTheRecoveryRate) {
    constexpr int kMany = 200;
    constexpr std::size_t kRate = 50;
    Settings slow = settings();
    slow.notify.recovery_rate = kRate;
    world.engine().handle_reload(slow);
    crowd(kMany, 60);

    world.suspend();
    world.pass(10min);
    world.resume();
    world.pass(1s);
    const std::size_t soon = world.take_notifies().size();
    world.pass(30s);
    const std::size_t later = world.take_notifies().size();

    EXPECT_LE(soon, kRate + 2);
    EXPECT_GE(soon, kRate - 2);
    EXPECT_EQ(soon + later, std::size_t{kMany});
    EXPECT_EQ(world.stats().subscriptions, 0U);
}

TEST_F(Suspended, WhatThrewItsEffectsAwayUnawaresMayGoOnTheSameWay) {
    world.answers = silent;
    world.receive(watcher.flow, watcher.subscribe().text());
    world.commit();
    const Sent before = world.take_notifies().back();

    world.resume();
    world.pass(0s);

    EXPECT_EQ(world.take_notifies().back().cseq(), before.cseq() + 1);
}

TEST_F(Suspended, OneThatWaitsForAWindowLeavesWhenItGoesOn) {
    world.answers = silent;
    crowd(40, 3600);  // the window of the next hop is full
    ASSERT_GT(world.stats().notifies_queued, 0U);

    world.suspend();
    world.pass(10min);
    world.answers = [](const Sent&) { return 200; };
    world.resume();
    world.pass(10s);

    EXPECT_EQ(world.stats().notifies_queued, 0U);
    EXPECT_EQ(world.stats().notifies_in_flight, 0U);
    EXPECT_EQ(world.stats().subscriptions, 40U);
}

TEST_F(Suspended, AnAddressThatIsFoundMeanwhileIsUsedWhenItGoesOn) {
    world.answers = silent;
    watcher.contact = "sip:w1@phone.example.org";
    world.receive(watcher.flow, watcher.subscribe().text());
    world.commit();
    world.take();
    ASSERT_EQ(world.resolves.size(), 1U);

    world.suspend();
    world.resolved(world.resolves[0].id, std::vector<Endpoint>{endpoint("198.51.100.1")});
    EXPECT_EQ(world.take().size(), 0U);
    world.resume();
    world.pass(0s);

    EXPECT_EQ(world.take_notifies().size(), 1U);
}

}  // namespace
}  // namespace reginfo::test
