/// @file
/// Watchers of identities of an implicit registration set, a late store and a restart.

#include "tests/support/addresses.hpp"
#include "tests/support/profile_fixture.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace reginfo::test {
namespace {

constexpr const char* kUri = "sip:ue@192.0.2.10";

class ImsRestart : public ::testing::Test {
protected:
    ImsRestart() {
        watcher.aor = kTel;
        publisher.aor = "sip:one@example.org";
        other.aor = "sip:two@example.org";
    }

    static Settings settings() {
        Settings settings = settings_with(Profile::ims);
        settings.durable = true;
        settings.hash_seed = 7;
        return settings;
    }

    static std::string body(const Publisher& who, bool lists_tel) {
        BodyText body{.aor = who.aor, .contacts = {{.uri = kUri}}};
        if (lists_tel) body.more = member(kTel, member_contact(kUri));
        return body.text();
    }
    void publish(Publisher& who, bool lists_tel) {
        ASSERT_EQ(who.publish_text(world, body(who, lists_tel)).status(), 200);
    }
    void send(const Publisher& who, bool lists_tel) {
        world.receive(who.flow, who.request(3600, body(who, lists_tel)).text());
    }

    void watch() {
        publish(publisher, true);
        ASSERT_EQ(watcher.subscribe(world).status(), 200);
        world.take();
    }

    std::size_t watchers_of(const Publisher& who) {
        const auto details = world.engine().inspection().registration(world.now(), who.aor, 1);
        return details ? details->summary.watchers : 0;
    }

    static bool is_of(const Sent& notify, const Publisher& who) {
        return has(notify, "<registration aor=\"" + who.aor + "\"");
    }

    World world{settings()};
    Watcher watcher{"w1"};
    Publisher publisher;
    Publisher other;
};

TEST_F(ImsRestart, TheWatcherOfAnIdentityIsWithItsSetAfterwards) {
    watch();
    world.restart();
    EXPECT_TRUE(world.take_notifies().empty());
    EXPECT_EQ(watchers_of(publisher), 1U);
    publish(publisher, false);
    const auto told = world.take_notifies();
    ASSERT_EQ(told.size(), 1U);
    EXPECT_TRUE(is_of(told[0], publisher));
    EXPECT_TRUE(has(told[0], std::string("<registration aor=\"") + kTel + "\""));
}

TEST_F(ImsRestart, AnIdentityOfWhatIsRestoredIsFound) {
    publish(publisher, true);
    world.crash(1s);
    EXPECT_EQ(watcher.subscribe(world).status(), 200);
    EXPECT_TRUE(is_of(world.take_notifies().at(0), publisher));
}

TEST_F(ImsRestart, OneThatIsOverMeanwhileIsNot) {
    publish(publisher, true);
    world.crash(2h);
    world.receive(watcher.flow, watcher.subscribe(3600).text());
    world.pass(1s);
    EXPECT_EQ(world.take_one().status(), 480);
}

TEST_F(ImsRestart, OneThatMovedIsWithItsNewSet) {
    watch();
    publish(publisher, false);
    publish(other, true);
    world.take();
    world.restart();
    EXPECT_TRUE(world.take_notifies().empty());
    EXPECT_EQ(watchers_of(other), 1U);
    EXPECT_EQ(watchers_of(publisher), 0U);
    EXPECT_EQ(watcher.subscribe(world).status(), 200);
    const auto told = world.take_notifies();
    ASSERT_EQ(told.size(), 1U);
    EXPECT_TRUE(is_of(told[0], other));
    EXPECT_TRUE(has(told[0], "version=\"3\""));  // 0 was the first, 1 out of the set, 2 moved
}

TEST_F(ImsRestart, AnUnansweredNotifyOfAMoveIsRepeated) {
    watch();
    world.answers = [](const Sent&) { return std::nullopt; };
    publish(publisher, false);
    publish(other, true);
    world.take();
    world.answers = [](const Sent&) { return 200; };
    world.crash();
    world.pass(1s);
    const auto told = world.take_notifies();
    ASSERT_EQ(told.size(), 1U);
    EXPECT_TRUE(is_of(told[0], other));
    EXPECT_TRUE(has(told[0], "state=\"full\""));
}

TEST_F(ImsRestart, ACrashBeforeTheMoveWasStoredIsMadeUpFor) {
    watch();
    publish(publisher, false);
    world.take();
    world.store_answers_late = true;
    send(other, true);
    world.commit();  // the PUBLISH; the record of the dialog is on its way
    world.take();
    world.store_answers_late = false;
    world.crash();
    world.pass(1s);
    const auto told = world.take_notifies();
    ASSERT_EQ(told.size(), 1U);
    EXPECT_TRUE(is_of(told[0], other));
    EXPECT_EQ(watchers_of(other), 1U);
}

TEST_F(ImsRestart, AStrayIsFoundAfterwardsToo) {
    watch();
    publish(publisher, false);
    world.take();
    world.crash();
    world.pass(1s);
    world.take();
    publish(other, true);
    const auto told = world.take_notifies();
    ASSERT_EQ(told.size(), 1U);
    EXPECT_TRUE(is_of(told[0], other));
}

TEST_F(ImsRestart, WhileARefreshIsStoredItDoesNotMoveButAfterThat) {
    watch();
    world.store_answers_late = true;
    world.receive(watcher.flow, watcher.subscribe(3600).text());
    send(publisher, false);
    send(other, true);
    world.commit();  // the refresh
    world.commit();  // the identity is out
    world.commit();  // and in the other set
    while (world.commits_waiting() > 0) world.commit();
    EXPECT_EQ(watchers_of(other), 1U);
    EXPECT_TRUE(is_of(world.take_notifies().back(), other));
}

TEST_F(ImsRestart, WhatARefreshThatIsBeingStoredFindsMovedAfterwards) {
    watch();
    publish(publisher, false);
    world.take();
    world.store_answers_late = true;
    send(other, true);
    world.receive(watcher.flow, watcher.subscribe(3600).text());
    world.commit();  // the PUBLISH: the dialog is locked
    EXPECT_EQ(watchers_of(other), 0U);
    world.commit();  // the refresh
    while (world.commits_waiting() > 0) world.commit();
    EXPECT_EQ(watchers_of(other), 1U);
    world.store_answers_late = false;
    world.take();
    world.restart();
    EXPECT_EQ(watchers_of(other), 1U);
}

TEST_F(ImsRestart, BothSubscriptionsOfADialogEndWithTheSetThoughOneIsBeingStored) {
    watch();
    watcher.event = "reg;id=7";
    ASSERT_EQ(watcher.subscribe(world).status(), 200);
    world.take();
    world.store_answers_late = true;
    world.receive(publisher.flow, publisher.request(0).text());
    world.receive(watcher.flow, watcher.subscribe(3600).text());
    while (world.commits_waiting() > 0) world.commit();
    EXPECT_EQ(world.stats().subscriptions, 0U);
    EXPECT_EQ(world.stats().aors, 0U);
}

TEST_F(ImsRestart, ANewSubscriptionThatTheSetHasLostMeanwhileFollows) {
    publish(publisher, true);
    publish(other, false);
    world.store_answers_late = true;
    world.receive(watcher.flow, watcher.subscribe(3600).text());
    send(publisher, false);
    send(other, true);
    while (world.commits_waiting() > 0) world.commit();
    EXPECT_EQ(world.stats().subscriptions, 1U);
    EXPECT_EQ(watchers_of(other), 1U);
    EXPECT_TRUE(is_of(world.take_notifies().back(), other));
}

}  // namespace
}  // namespace reginfo::test
