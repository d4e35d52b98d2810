/// @file
/// RULES.md, "Nothing acknowledged is lost" and "One NOTIFY in flight": the engine is ended, and
/// another one, with another seed, goes on from the records of the store.

#include "core/event/records/dialog_storage.hpp"
#include "tests/core/restart_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace reginfo::test {
namespace {

using ::testing::HasSubstr;

TEST_F(Restart, AnEntityTagIsValidAfterwards) {
    publish({{.uri = kX}});

    world.crash(10s);

    EXPECT_EQ(publisher.refresh(world).status(), 200);
    EXPECT_EQ(world.stats().publications, 1U);
}

TEST_F(Restart, WhatWasNotCommittedNeverWas) {
    world.store_answers_late = true;
    world.receive(publisher.flow, publisher.request(3600, BodyText{}.text()).text());

    world.crash();

    EXPECT_EQ(world.stats().publications, 0U);
}

TEST_F(Restart, ARemovedPublicationStaysRemoved) {
    publish({{.uri = kX}});
    ASSERT_EQ(publisher.remove(world).status(), 200);

    world.crash();

    EXPECT_EQ(world.stats().aors, 0U);
}

TEST_F(Restart, ADialogCanBeRefreshedAfterwards) {
    publish({{.uri = kX}});
    watcher.subscribe(world);
    world.crash(10s);
    world.take();

    EXPECT_EQ(watcher.subscribe(world).status(), 200);

    const std::vector<Sent> notifies = world.take_notifies();
    ASSERT_EQ(notifies.size(), 1U);
    EXPECT_TRUE(watcher.owns(notifies.front()));
    EXPECT_TRUE(told(notifies.front()).contacts.contains(kX));
}

TEST_F(Restart, AfterACrashCseqAndVersionJumpOnceByAtMostARange) {
    publish({{.uri = kX}});
    watcher.subscribe(world);
    const Sent before = world.take_notifies().back();

    world.crash();
    publish({{.uri = kY}});
    publish({{.uri = kX, .cseq = 2}});

    const std::vector<Sent> after = world.take_notifies();
    ASSERT_GE(after.size(), 2U);
    EXPECT_GT(after[0].cseq(), before.cseq());
    EXPECT_LE(after[0].cseq(), before.cseq() + kReservedRange);
    EXPECT_GT(told(after[0]).version, told(before).version);
    EXPECT_LE(told(after[0]).version, told(before).version + kReservedRange);
    EXPECT_TRUE(told(after[0]).full);
    EXPECT_EQ(after[1].cseq(), after[0].cseq() + 1);
    EXPECT_EQ(told(after[1]).version, told(after[0]).version + 1);
}

TEST_F(Restart, HoweverManyNotifiesWereSentNoCseqIsUsedTwice) {
    watcher.subscribe(world);
    std::uint32_t last = world.take_notifies().back().cseq();
    for (std::uint32_t round = 0; round < 5 * kReservedRange; ++round) {
        publish({{.uri = kX, .cseq = round + 1}});
        for (const Sent& notify : world.take_notifies()) {
            EXPECT_EQ(notify.cseq(), last + 1);
            last = notify.cseq();
        }
        if (round % 50 != 49) continue;
        world.crash();
        for (const Sent& notify : world.take_notifies()) {
            EXPECT_GT(notify.cseq(), last);
            EXPECT_LE(notify.cseq(), last + kReservedRange);
            last = notify.cseq();
        }
    }
}

TEST_F(Restart, AfterACleanStopCseqAndVersionGoOnExactly) {
    publish({{.uri = kX}});
    watcher.subscribe(world);
    const Sent before = world.take_notifies().back();

    world.restart(1s);
    EXPECT_TRUE(world.take().empty());
    publish({{.uri = kY}});

    const std::vector<Sent> after = world.take_notifies();
    ASSERT_FALSE(after.empty());
    EXPECT_EQ(after[0].cseq(), before.cseq() + 1);
    EXPECT_EQ(told(after[0]).version, told(before).version + 1);
}

TEST_F(Restart, ASecondCleanStopWithoutNewsWritesNothing) {
    publish({{.uri = kX}});
    watcher.subscribe(world);
    world.restart();
    world.restart();
    world.take();
    publish({{.uri = kY}});

    EXPECT_EQ(world.take_notifies().at(0).cseq(), 2U);
}

TEST_F(Restart, ARetransmittedPublishGetsTheSameResponse) {
    const std::string request =
        publisher.request(3600, BodyText{.contacts = {{.uri = kX}}}.text()).text();
    const Sent first = world.ask(publisher.flow, request);

    world.crash(5s);
    const Sent again = world.ask(publisher.flow, request);

    EXPECT_EQ(*again.bytes, *first.bytes);
    EXPECT_EQ(world.stats().publications, 1U);
}

TEST_F(Restart, ARetransmittedSubscribeGetsTheSameResponseAndMakesNoSecondDialog) {
    const std::string request = watcher.subscribe().text();
    const Sent first = world.ask(watcher.flow, request);

    world.crash(5s);
    const Sent again = world.ask(watcher.flow, request);

    EXPECT_EQ(*again.bytes, *first.bytes);
    EXPECT_EQ(world.stats().subscriptions, 1U);
}

TEST_F(Restart, ATransactionIsForgottenWhenTimerJHasEnded) {
    publish({{.uri = kX}});

    world.crash(test_settings().transaction_memory());

    EXPECT_EQ(world.stats().server_transactions, 0U);
}

TEST_F(Restart, APublicationThatExpiredMeanwhileIsNotifiedAsExpired) {
    publish({{.uri = kX, .expires = 7200}}, 60);
    watcher.subscribe(world);
    world.take();

    world.crash(61s);
    world.pass(1s);

    const ToldDocument document = told(world.take_notifies().back());
    ASSERT_TRUE(document.contacts.contains(kX));
    EXPECT_EQ(document.contacts.at(kX).state, "terminated");
    EXPECT_EQ(document.contacts.at(kX).event, "expired");
    EXPECT_EQ(world.stats().publications, 0U);
}

TEST_F(Restart, AContactThatExpiredMeanwhileIsNotifiedAsExpired) {
    publish({{.uri = kX, .expires = 60}, {.uri = kY}});
    watcher.subscribe(world);
    world.take();

    world.crash(63s);
    world.pass(1s);

    const ToldDocument document = told(world.take_notifies().back());
    EXPECT_EQ(document.contacts.at(kX).event, "expired");
    EXPECT_EQ(document.contacts.at(kY).state, "active");
}

TEST_F(Restart, ASubscriptionThatExpiredMeanwhileEnds) {
    watcher.subscribe(world, 60);

    world.crash(61s);
    world.pass(1s);

    EXPECT_THAT(world.take_notifies().back().header("Subscription-State"), HasSubstr("timeout"));
    EXPECT_EQ(world.stats().subscriptions, 0U);
    EXPECT_EQ(world.stats().aors, 0U);
}

TEST_F(Restart, AnEndThatTheWatcherDidNotConfirmIsNotifiedAgain) {
    publish({{.uri = kX}, {.uri = kY}});
    watcher.subscribe(world);
    world.answers = [](const Sent&) { return std::nullopt; };
    publish({{.uri = kY}});
    world.take();

    world.crash();

    const ToldDocument document = told(world.take_notifies().back());
    ASSERT_TRUE(document.contacts.contains(kX));
    EXPECT_EQ(document.contacts.at(kX).state, "terminated");
}

TEST_F(Restart, AnEndThatWasStoredWhileTheFirstWatcherSubscribedIsNotifiedAgain) {
    publish({{.uri = kX}});
    world.store_answers_late = true;
    world.answers = [](const Sent&) { return std::nullopt; };
    world.receive(watcher.flow, watcher.subscribe().text());
    world.receive(publisher.flow, publisher.request(0).text());
    while (world.commits_waiting() > 0) world.commit();
    world.take();
    world.store_answers_late = false;

    world.crash();

    const ToldDocument document = told(world.take_notifies().back());
    ASSERT_TRUE(document.contacts.contains(kX));
    EXPECT_EQ(document.contacts.at(kX).state, "terminated");
}

TEST_F(Restart, ADurableEndIsNotifiedToAWatcherThatWasStoredBeforeIt) {
    publish({{.uri = kX}});
    world.store_answers_late = true;
    world.answers = [](const Sent&) { return std::nullopt; };
    world.receive(watcher.flow, watcher.subscribe().text());
    world.receive(publisher.flow, publisher.request(0).text());
    for (int i = 0; i < 2; ++i) world.commit();
    world.store_answers_late = false;

    world.crash();

    const ToldDocument document = told(world.take_notifies().back());
    ASSERT_TRUE(document.contacts.contains(kX));
    EXPECT_EQ(document.contacts.at(kX).state, "terminated");
}

TEST_F(Restart, ASubscribeThatWasAnsweredIsFollowedByANotify) {
    world.answers = [](const Sent&) { return std::nullopt; };
    watcher.subscribe(world);

    world.crash();

    const std::vector<Sent> notifies = world.take_notifies();
    ASSERT_EQ(notifies.size(), 1U);
    EXPECT_EQ(told(notifies.front()).registration_state, "init");
}

TEST_F(Restart, AnUnsubscribeIsFollowedByTheLastNotify) {
    watcher.subscribe(world);
    world.answers = [](const Sent&) { return std::nullopt; };
    watcher.subscribe(world, 0);
    world.answers = [](const Sent&) { return 200; };

    world.crash();
    const std::vector<Sent> notifies = world.take_notifies();
    ASSERT_EQ(notifies.size(), 1U);
    EXPECT_EQ(notifies.front().header("Subscription-State"), "terminated;reason=timeout");
    world.crash();
    EXPECT_TRUE(world.take_notifies().empty());
}

TEST_F(Restart, ANotifyThatWaitedForARetryIsSent) {
    Watcher silent("w1");
    silent.user_agent = "kamailio (5.6.3)";
    silent.subscribe(world);
    world.answers = [](const Sent&) { return std::nullopt; };
    publisher.publish(world, {{.uri = "sip:a@192.0.2.10"}});
    world.pass(40s);
    world.answers = [](const Sent&) { return 200; };
    world.restart();
    world.pass(1s);
    const auto told = world.take_notifies();
    ASSERT_EQ(told.size(), 1U);
    EXPECT_NE(told[0].body().find("sip:a@192.0.2.10"), std::string_view::npos);
}

TEST_F(Restart, AKamailioThatAcceptedANotifyBeforeOutlastsSilenceAfterwards) {
    Watcher kamailio("w1");
    kamailio.user_agent = "kamailio (5.6.3)";
    kamailio.subscribe(world);
    world.crash();
    world.answers = [](const Sent&) { return std::nullopt; };
    publisher.publish(world, {{.uri = "sip:a@192.0.2.10"}});
    world.pass(40s);
    EXPECT_EQ(world.stats().subscriptions, 1U);
}

TEST_F(Restart, ChangesAfterwardsReachTheWatcher) {
    watcher.subscribe(world);
    world.crash();
    world.take();

    publish({{.uri = kX}});

    EXPECT_TRUE(told(world.take_notifies().back()).contacts.contains(kX));
}

TEST_F(Restart, NewsThatWaitsForTheCSeqsOfARefreshLeavesAlsoIfThatFails) {
    watcher.subscribe(world);
    world.restart();
    world.take();
    world.store_answers_late = true;
    BodyText news;
    news.contacts.push_back({.uri = kX});
    world.receive(publisher.flow, publisher.request(3600, news.text()).text());
    world.receive(watcher.flow, watcher.subscribe().text());
    world.commit();
    world.commit(false);
    world.commit();
    const auto notifies = world.take_notifies();
    ASSERT_EQ(notifies.size(), 1U);
    EXPECT_TRUE(told(notifies.front()).contacts.contains(kX));
}

TEST_F(Restart, DeadlinesGoOnWhereTheyWere) {
    publish({{.uri = kX, .expires = 100}});
    watcher.subscribe(world);
    world.pass(20s);

    world.crash(30s);
    watcher.subscribe(world);
    const ToldDocument document = told(world.take_notifies().back());

    EXPECT_EQ(document.contacts.at(kX).expires(), 50);
}

TEST_F(Restart, AClockSetBackProlongsNothingBeyondWhatWasGranted) {
    publish({{.uri = kX, .expires = 100}}, 100);

    world.crash(10s, 3600s);
    world.pass(100s);

    EXPECT_EQ(world.stats().publications, 0U);
}

TEST_F(Restart, AWatcherOnTcpIsReachedByANewConnection) {
    watcher.flow = tcp_flow("198.51.100.1", 40'000, 9);
    watcher.contact = "sip:bob@198.51.100.1:5080;transport=tcp";
    watcher.subscribe(world);
    world.take();

    world.crash();
    publish({{.uri = kX}});

    const Sent notify = world.take_notifies().back();
    EXPECT_EQ(notify.flow.connection, 0U);
    EXPECT_EQ(notify.flow.transport, Transport::tcp);
    EXPECT_EQ(notify.flow.peer, endpoint("198.51.100.1", 5080));
}

TEST_F(Restart, WordsKeepTheirOrder) {
    Publisher other;
    publish({{.uri = kX, .callid = "a", .cseq = 1}});
    ASSERT_EQ(other.publish(world, {{.uri = kX, .callid = "b", .cseq = 1}}).status(), 200);

    world.crash();
    ASSERT_EQ(other.remove(world).status(), 200);
    watcher.subscribe(world);

    const ToldDocument document = told(world.take_notifies().back());
    EXPECT_EQ(document.contacts.at(kX).attributes.at("callid"), "a");
}

TEST_F(Restart, IdsAreTheSameAfterwards) {
    publish({{.uri = kX}});
    watcher.subscribe(world);
    const ToldDocument before = told(world.take_notifies().back());

    world.crash();
    watcher.subscribe(world);
    const ToldDocument after = told(world.take_notifies().back());

    EXPECT_EQ(after.registration_id, before.registration_id);
    EXPECT_EQ(after.contacts.at(kX).id, before.contacts.at(kX).id);
}

TEST_F(Restart, WhenEverythingHasEndedTheStoreIsEmptyButForTransactions) {
    publish({{.uri = kX}});
    watcher.subscribe(world);
    watcher.subscribe(world, 0);
    publisher.remove(world);
    world.pass(60s);

    const std::size_t kept = world.records_kept();
    world.crash(60s);

    EXPECT_EQ(kept, 4U);
    EXPECT_EQ(world.stats().aors + world.stats().dialogs, 0U);
}

}  // namespace
}  // namespace reginfo::test
