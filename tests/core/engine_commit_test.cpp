/// @file
/// What happens to an AOR between a commit and the answer of the store (RULES.md, "Nothing
/// acknowledged is lost").

#include "tests/core/late_store.hpp"

namespace reginfo::test {
namespace {

/// PUBLISH ->            | commit 1 ->
///                       |             (time passes: nothing is sent)
///                       | <- committed
/// <- 200                |
TEST_F(LateStore, The2xxToPublishLeavesOnlyAfterTheCommit) {
    send(publisher, body({contact(kX)}));
    world.pass(3s);
    EXPECT_TRUE(world.take().empty());
    EXPECT_EQ(world.stats().publications, 0U);
    EXPECT_EQ(world.stats().commits_pending, 1U);

    world.commit();

    EXPECT_EQ(world.take_one().status(), 200);
    EXPECT_EQ(world.stats().publications, 1U);
    EXPECT_EQ(world.stats().commits_pending, 0U);
}

TEST_F(LateStore, The2xxToSubscribeLeavesOnlyAfterTheCommitAndTheNotifyAfterIt) {
    world.receive(watcher.flow, watcher.subscribe().text());
    world.pass(3s);
    EXPECT_TRUE(world.take().empty());
    EXPECT_EQ(world.stats().subscriptions, 0U);

    world.commit();

    const std::vector<Sent> sent = world.take();
    ASSERT_EQ(sent.size(), 2U);
    EXPECT_EQ(sent[0].status(), 200);
    EXPECT_TRUE(sent[1].is_notify());
}

TEST_F(LateStore, AChangeIsNotifiedOnlyAfterTheCommit) {
    subscribed(watcher);
    send(publisher, body({contact(kX)}));
    world.pass(3s);
    EXPECT_TRUE(world.take().empty());

    world.commit();

    const std::vector<Sent> sent = world.take();
    ASSERT_EQ(sent.size(), 2U);
    EXPECT_EQ(sent[0].status(), 200);
    EXPECT_TRUE(sent[1].is_notify());
}

TEST_F(LateStore, AFetchStoresNothingAndIsAnsweredAtOnce) {
    world.receive(watcher.flow, watcher.subscribe(0).text());
    EXPECT_EQ(world.commits_waiting(), 0U);
    const std::vector<Sent> sent = world.take();
    ASSERT_EQ(sent.size(), 2U);
    EXPECT_EQ(sent[0].status(), 200);
    EXPECT_EQ(sent[1].header("Subscription-State"), "terminated;reason=timeout");
}

/// A publisher drops a refused PUBLISH, and retransmits an unanswered one.
TEST_F(LateStore, APublishOverUdpThatCannotBeStoredIsNotAnsweredAndSucceedsWhenItComesAgain) {
    const std::string request = publisher.request(3600, body({contact(kX)})).text();
    world.receive(publisher.flow, request);
    world.commit(false);
    EXPECT_TRUE(world.take().empty());
    EXPECT_EQ(world.stats().commits_failed, 1U);
    EXPECT_EQ(world.stats().server_transactions, 0U);

    world.receive(publisher.flow, request);
    world.commit();

    EXPECT_EQ(world.take_one().status(), 200);
    EXPECT_EQ(world.stats().publications, 1U);
    EXPECT_EQ(world.stats().retransmissions_received, 0U);
}

TEST_F(LateStore, AFailedPublishOverTcpIsAnswered503AndMemoryIsAsBefore) {
    publisher.flow = tcp_flow("203.0.113.1", 5060, 7);
    published(publisher, body({contact(kX)}));
    const std::string tag = publisher.etag;

    send(publisher, body({contact(kX), contact(kY)}));
    world.commit(false);

    const Sent response = world.take_one();
    EXPECT_EQ(response.status(), 503);
    EXPECT_TRUE(response.has("Retry-After"));
    EXPECT_EQ(world.stats().commits_failed, 1U);
    EXPECT_EQ(world.stats().contacts_active, 1U);
    send(publisher, body({contact(kX)}));
    world.commit();
    EXPECT_EQ(statuses(), Statuses{200}) << "the entity-tag from before still holds";
}

TEST_F(LateStore, AFailedFirstPublishLeavesNoTrace) {
    send(publisher, body({contact(kX)}));
    world.commit(false);
    EXPECT_EQ(statuses(), Statuses{});
    EXPECT_EQ(world.stats().aors, 0U);
    EXPECT_EQ(world.stats().publications, 0U);
}

TEST_F(LateStore, AFailedSubscribeIsAnswered503AndLeavesNoTrace) {
    world.receive(watcher.flow, watcher.subscribe().text());
    world.commit(false);
    EXPECT_EQ(world.take_one().status(), 503);
    EXPECT_EQ(world.stats().subscriptions, 0U);
    EXPECT_EQ(world.stats().dialogs, 0U);
    EXPECT_EQ(world.stats().aors, 0U);
}

/// PUBLISH (initial) ->  | commit ->
/// PUBLISH (tag of it) is impossible; a second and a third wait and see its result, in order.
TEST_F(LateStore, RequestsForTheSameAorWaitInOrder) {
    published(publisher, body({contact(kX)}));
    const Publisher stale = publisher;
    Publisher other;

    send(publisher, body({contact(kX), contact(kY)}));
    send(stale, body({contact(kX)}));
    send(other, body({contact(kX)}));
    EXPECT_TRUE(world.take().empty());
    EXPECT_EQ(world.commits_waiting(), 1U);

    world.commit();
    EXPECT_EQ(statuses(), (Statuses{200, 412})) << "checked against the result of the first";
    world.commit();
    EXPECT_EQ(statuses(), Statuses{200});
    EXPECT_EQ(world.stats().publications, 2U);
}

TEST_F(LateStore, ARequestThatWaitedBehindAFailedCommitFindsTheStateFromBefore) {
    published(publisher, body({contact(kX)}));
    const Publisher same = publisher;
    send(publisher, body({contact(kX), contact(kY)}));
    send(same, body({contact(kX)}));

    world.commit(false);
    EXPECT_EQ(statuses(), Statuses{});
    world.commit();
    EXPECT_EQ(statuses(), Statuses{200}) << "its entity-tag was not used up";
}

TEST_F(LateStore, WhatWaitsBehindSeveralCommitsKeepsItsOrder) {
    published(publisher, body({contact(kX)}));
    std::vector<Publisher> others(3);
    send(publisher, body({contact(kX, 2)}));
    for (const Publisher& other : others) send(other, body({contact(kX, 3)}));
    for (std::size_t done = 0; done < 4; ++done) {
        EXPECT_EQ(world.commits_waiting(), 1U);
        world.commit();
        EXPECT_EQ(statuses(), Statuses{200}) << done;
    }
    EXPECT_EQ(world.stats().publications, 4U);
}

TEST_F(LateStore, AnInitialSubscribeWaitsBehindAChangeOfItsAor) {
    published(publisher, body({contact(kX)}));
    send(publisher, body({contact(kX), contact(kY)}));
    world.receive(watcher.flow, watcher.subscribe().text());
    EXPECT_EQ(world.commits_waiting(), 1U);

    world.commit();
    EXPECT_EQ(statuses(), Statuses{200});
    world.commit();
    WatcherFold fold;
    for (const Sent& sent : world.take_notifies()) EXPECT_EQ(fold.take(sent.body()), "");
    EXPECT_EQ(fold.active().size(), 2U);
}

TEST_F(LateStore, UnrelatedAorsGoOn) {
    send(publisher, body({contact(kX)}));
    Publisher bob;
    bob.aor = "sip:bob@example.org";
    send(bob, body({contact(kX)}, bob.aor));
    ASSERT_EQ(world.commits_waiting(), 2U);

    world.commit();
    EXPECT_EQ(world.take_one().header("To").substr(0, 25), "<sip:alice@example.org>;t");
    world.commit();
    EXPECT_EQ(world.take_one().header("To").substr(0, 23), "<sip:bob@example.org>;t");
}

TEST_F(LateStore, ARetransmissionOfAWaitingRequestIsAbsorbed) {
    const std::string request = publisher.request(3600, body({contact(kX)})).text();
    world.receive(publisher.flow, request);
    world.receive(publisher.flow, request);
    Publisher other;
    const std::string second = other.request(3600, body({contact(kX)})).text();
    world.receive(other.flow, second);
    world.receive(other.flow, second);
    EXPECT_EQ(world.commits_waiting(), 1U);
    EXPECT_EQ(world.stats().retransmissions_received, 2U);

    world.commit();
    world.commit();
    EXPECT_EQ(statuses(), (Statuses{200, 200}));
    EXPECT_EQ(world.stats().publications, 2U);
}

TEST_F(LateStore, APublishThatCannotWaitIsRefusedOverTcpAndUnansweredOverUdp) {
    Settings settings = LateStore::settings();
    settings.limits.waiting_requests = 1;
    World small(settings);
    small.store_answers_late = true;
    std::vector<Publisher> others(4);
    others[3].flow = tcp_flow("203.0.113.1", 5060, 7);
    std::vector<std::string> requests;
    for (const Publisher& other : others) {
        requests.push_back(other.request(3600, body({contact(kX)})).text());
        small.receive(other.flow, requests.back());
    }
    const Sent response = small.take_one();
    EXPECT_EQ(response.flow.transport, Transport::tcp);
    EXPECT_EQ(response.status(), 503);
    EXPECT_TRUE(response.has("Retry-After"));
    EXPECT_EQ(small.stats().refused_by_bound[index_of(Bound::waiting_requests)], 2U);
    small.commit();
    small.commit();
    EXPECT_EQ(small.stats().publications, 2U);
    small.take();

    small.receive(others[2].flow, requests[2]);
    small.commit();
    EXPECT_EQ(small.take_one().status(), 200) << "when it comes again";
}

TEST_F(LateStore, WhileTooMuchIsOnItsWayToTheStoreRequestsAreRefused) {
    Settings settings = LateStore::settings();
    settings.limits.pending_commits = 1;
    World small(settings);
    small.store_answers_late = true;
    Publisher first;
    small.receive(first.flow, first.request(3600, body({contact(kX)})).text());
    Publisher other;
    other.aor = "sip:bob@example.org";
    other.flow = tcp_flow("203.0.113.1", 5060, 7);
    EXPECT_EQ(other.publish(small, {contact(kX)}).status(), 503);
    other.flow = udp_flow("203.0.113.1");
    const std::string request = other.request(3600, body({contact(kX)}, other.aor)).text();
    small.receive(other.flow, request);
    EXPECT_TRUE(small.take().empty()) << "over UDP it comes again";
    const Sent refused = Watcher("w1").subscribe(small);
    EXPECT_EQ(refused.status(), 503);
    EXPECT_EQ(refused.header("Retry-After"), "1");
    EXPECT_EQ(small.stats().refused_by_bound[index_of(Bound::pending_commits)], 3U);

    small.commit();
    small.store_answers_late = false;
    EXPECT_EQ(Watcher("w2").subscribe(small).status(), 200);
    EXPECT_EQ(small.stats().publications, 1U);
    EXPECT_EQ(small.ask(other.flow, request).status(), 200);
    EXPECT_EQ(small.stats().publications, 2U);
}

/// What is on its way to the store counts.
TEST_F(LateStore, ABurstOfPublicationsStopsAtTheBound) {
    Settings settings = LateStore::settings();
    settings.limits.publications = 3;
    World small(settings);
    small.store_answers_late = true;
    const auto burst = [&](int from) {
        for (int i = from; i < from + 5; ++i) {
            Publisher one;
            one.aor = "sip:u" + std::to_string(i) + "@example.org";
            small.receive(one.flow, one.request(3600, body({contact(kX)}, one.aor)).text());
        }
        Statuses all;
        while (small.commits_waiting() > 0) small.commit(from > 0);
        for (const Sent& sent : small.take()) all.push_back(sent.status());
        return all;
    };
    EXPECT_EQ(burst(0), (Statuses{503, 503})) << "three could not be stored";
    EXPECT_EQ(burst(5), (Statuses{503, 503, 200, 200, 200})) << "and gave their places back";
    EXPECT_EQ(burst(10), (Statuses{503, 503, 503, 503, 503}));
    EXPECT_EQ(small.stats().publications, 3U);
}

/// The contact's time is over while a PUBLISH that extends it is being stored.
TEST_F(LateStore, ExpiryWhileACommitIsPendingWaitsForItsResult) {
    published(publisher, body({{.uri = kX, .expires = 60}}));
    world.pass(50s);
    send(publisher, body({{.uri = kX, .cseq = 2, .expires = 600}}));
    world.pass(60s);
    EXPECT_EQ(world.commits_waiting(), 1U);

    world.commit();
    world.pass(0s);
    EXPECT_EQ(world.commits_waiting(), 0U) << "not expired any more";
    EXPECT_EQ(world.stats().contacts_active, 1U);
}

TEST_F(LateStore, ExpiryThatWasMissedBehindAFailedCommitIsMadeUpFor) {
    published(publisher, body({{.uri = kX, .expires = 60}}));
    world.pass(50s);
    send(publisher, body({{.uri = kX, .cseq = 2, .expires = 600}}));
    world.pass(60s);
    world.commit(false);
    world.pass(1s);
    ASSERT_EQ(world.commits_waiting(), 1U);
    world.commit();
    EXPECT_EQ(world.stats().contacts_active, 0U);
}

TEST_F(LateStore, AnExpiryThatCannotBeStoredIsTriedAgain) {
    subscribed(watcher);
    published(publisher, body({{.uri = kX, .expires = 60}}));
    world.pass(62s);
    world.commit(false);
    EXPECT_TRUE(world.take().empty());
    EXPECT_EQ(world.stats().contacts_active, 1U);

    world.pass(1s);
    world.commit();
    EXPECT_EQ(world.take_notifies().size(), 1U);
    EXPECT_EQ(world.stats().contacts_active, 0U);
}

TEST_F(LateStore, AnAnswerThatNobodyWaitsForChangesNothing) {
    Engine engine(test_settings(), 1);
    Outbox outbox;
    engine.handle_committed(TimePoint{1s}, 77, true, outbox);
    engine.handle_resolved(TimePoint{1s}, 77, {}, outbox);
    EXPECT_TRUE(outbox.empty());
    EXPECT_EQ(engine.next_deadline(), std::nullopt);
}

TEST_F(LateStore, ARequestThatWaitedAndIsTooLargeSinceAReloadIsAsIfItHadNeverCome) {
    published(publisher, body({contact(kX)}));
    Publisher other;
    send(publisher, body({contact(kX, 2)}));
    const std::string waiting = other.request(3600, body({contact(kX), contact(kY)})).text();
    world.receive(other.flow, waiting);

    Settings lower = settings();
    lower.limits.message.body_bytes = 100;
    world.engine().handle_reload(lower);
    world.commit();
    EXPECT_EQ(statuses(), Statuses{200}) << "of the first";

    world.receive(other.flow, waiting);
    EXPECT_EQ(statuses(), Statuses{513}) << "and not taken for a retransmission";
    EXPECT_EQ(world.engine().inspection().memory().waiting_requests, 0U);
}

TEST_F(LateStore, WaitingRequestsGoOnIfOneOfThemChangesNothing) {
    published(publisher, body({contact(kX)}));
    Publisher stale = publisher;
    stale.etag = "0123456789abcdef";
    std::vector<Publisher> others(2);
    send(publisher, body({contact(kX, 2)}));
    send(stale, body({contact(kX)}));
    send(others[0], body({contact(kX, 3)}));
    send(stale, body({contact(kX)}));
    send(others[1], body({contact(kX, 4)}));

    world.commit();
    EXPECT_EQ(statuses(), (Statuses{200, 412}));
    world.commit();
    EXPECT_EQ(statuses(), (Statuses{200, 412}));
    world.commit();
    EXPECT_EQ(statuses(), Statuses{200});
    EXPECT_EQ(world.commits_waiting(), 0U);
}

}  // namespace
}  // namespace reginfo::test
