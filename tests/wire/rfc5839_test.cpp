/// @file
/// RFC 5839: entity-tags in NOTIFYs, and SUBSCRIBEs that depend on them.

#include "tests/core/event/notify/notify_fixture.hpp"

#include <gtest/gtest.h>

#include <string>

namespace reginfo::test {
namespace {

class Conditional : public NotifyTest {
protected:
    void SetUp() override {
        world.answers = [](const Sent&) { return 200; };
        change();
        watcher.subscribe(world);
        tag = world.take_notifies().at(0).header("SIP-ETag");
    }

    Sent subscribe_if(Watcher& who, const std::string& condition, int expires = 3600) {
        who.more = {"Suppress-If-Match: " + condition};
        return who.subscribe(world, expires);
    }

    std::string tag;
};

using Rfc5839 = Conditional;
using Rfc5839Section5_2 = Conditional;
using Rfc5839Section5_4 = Conditional;
using Rfc5839Section5_7 = Conditional;
using Rfc5839Section6_1 = Conditional;
using Rfc5839Section6_2 = Conditional;
using Rfc5839Section6_3 = Conditional;

TEST_F(Rfc5839Section6_1, EveryNotifyHasAnEntityTag) {
    EXPECT_EQ(tag.size(), 16U);
    world.take();
    watcher.subscribe(world, 0);
    EXPECT_EQ(world.take_notifies().at(0).header("SIP-ETag"), tag);
}

TEST_F(Rfc5839Section6_1, TheEntityTagIsTheSameForAllWatchersOfAKind) {
    Watcher other("w2", "198.51.100.7");
    other.subscribe(world);
    EXPECT_EQ(world.take_notifies().at(0).header("SIP-ETag"), tag);
}

TEST_F(Rfc5839Section6_1, TheEntityTagChangesWithTheStateAndNotWithARefreshedPublication) {
    publisher.refresh(world);
    watcher.subscribe(world);
    EXPECT_EQ(world.take_notifies().back().header("SIP-ETag"), tag);
    publisher.publish(world, {{.uri = uri_of(1)}});
    EXPECT_NE(world.take_notifies().back().header("SIP-ETag"), tag);
}

TEST_F(Rfc5839Section6_1, AnAorThatWasForgottenBetweenHasOtherEntityTags) {
    watcher.subscribe(world, 0);
    publisher.remove(world);
    world.pass(1h);
    ASSERT_EQ(world.stats().aors, 0U);
    publisher.publish(world, {{.uri = uri_of(9)}});
    Watcher later("w2");
    world.take();
    later.subscribe(world);
    EXPECT_NE(world.take_notifies().at(0).header("SIP-ETag"), tag);
}

TEST_F(Rfc5839, KamailioIsSentNone) {
    Watcher kamailio = kamailio_watcher();
    world.take();
    kamailio.subscribe(world);
    EXPECT_FALSE(world.take_notifies().at(0).has("SIP-ETag"));
    EXPECT_EQ(subscribe_if(kamailio, "*").status(), 200);
    EXPECT_EQ(world.take_notifies().size(), 1U);
}

TEST_F(Rfc5839Section6_3, ARefreshWithTheCurrentTagIsAnswered204AndNotNotified) {
    const Sent response = subscribe_if(watcher, tag, 1800);
    EXPECT_EQ(response.status(), 204);
    EXPECT_EQ(response.header("Expires"), "1800");
    EXPECT_TRUE(world.take_notifies().empty());
    world.pass(1700s);
    EXPECT_EQ(world.stats().subscriptions, 1U) << "its time was extended";
}

TEST_F(Rfc5839Section6_3, ARefreshWithAnOldTagIsAnswered200AndNotified) {
    change();
    EXPECT_EQ(subscribe_if(watcher, tag).status(), 200);
    EXPECT_EQ(world.take_notifies().size(), 1U);
}

TEST_F(Rfc5839Section6_3, ARefreshWithTheCurrentTagEndsTheRepetitionOfANotifyThatFailed) {
    world.answers = [](const Sent&) { return 500; };
    const std::string newest = change().at(0).header("SIP-ETag");
    world.answers = [](const Sent&) { return 200; };
    EXPECT_EQ(subscribe_if(watcher, newest).status(), 204);
    world.take();
    world.pass(10min);
    EXPECT_TRUE(world.take_notifies().empty()) << "the watcher has it";
    EXPECT_EQ(change().size(), 1U);
}

TEST_F(Rfc5839Section5_2, AStarMatchesAnyStateAndLaterChangesAreNotifiedAsUsual) {
    change();
    EXPECT_EQ(subscribe_if(watcher, "*").status(), 204);
    EXPECT_TRUE(world.take_notifies().empty());
    EXPECT_EQ(change().size(), 1U);
}

TEST_F(Rfc5839, AChangeThatWaitsForItsPaceIsNotifiedAfterA204ForAStar) {
    world.take();
    watcher.event = "reg;max-rate=0.1";
    subscribe_if(watcher, "*");
    watcher.subscribe(world);
    change();
    world.pass(11s);
    EXPECT_EQ(world.take_notifies().size(), 1U);
}

TEST_F(Rfc5839Section6_2, AnInitialSubscribeWithTheCurrentTagIsNotifiedWithoutABody) {
    Watcher later("w2");
    EXPECT_EQ(subscribe_if(later, tag).status(), 200);
    const Sent told = world.take_notifies().at(0);
    EXPECT_TRUE(told.body().empty());
    EXPECT_FALSE(told.has("Content-Type"));
    EXPECT_EQ(told.header("SIP-ETag"), tag);
    EXPECT_EQ(told.header("Subscription-State"), "active;expires=3600");
    EXPECT_EQ(change().size(), 2U) << "both watchers are told of news";
}

TEST_F(Rfc5839Section6_2, AnInitialSubscribeWithAnotherTagIsNotifiedInFull) {
    Watcher later("w2");
    EXPECT_EQ(subscribe_if(later, "other").status(), 200);
    EXPECT_FALSE(world.take_notifies().at(0).body().empty());
}

TEST_F(Rfc5839Section5_4, APollWithTheCurrentTagIsNotifiedWithoutABody) {
    Watcher poll("w2");
    EXPECT_EQ(subscribe_if(poll, tag, 0).status(), 200);
    const Sent told = world.take_notifies().at(0);
    EXPECT_TRUE(told.body().empty());
    EXPECT_EQ(told.header("Subscription-State"), "terminated;reason=timeout");
}

TEST_F(Rfc5839Section5_7, AnUnsubscribeWithAStarEndsTheSubscriptionWithoutANotify) {
    EXPECT_EQ(subscribe_if(watcher, "*", 0).status(), 204);
    EXPECT_TRUE(world.take_notifies().empty());
    EXPECT_EQ(world.stats().subscriptions, 0U);
    EXPECT_EQ(world.stats().dialogs, 0U);
}

TEST_F(Rfc5839Section5_7, AnUnsubscribeWithoutNotifyAwaitsTheAnswerToTheOneBefore) {
    world.answers = silence;
    const Sent open = change().at(0);
    EXPECT_EQ(subscribe_if(watcher, "*", 0).status(), 204);
    world.answer(open, 200);
    EXPECT_TRUE(world.take_notifies().empty());
    EXPECT_EQ(world.stats().subscriptions, 0U);
}

TEST_F(Rfc5839, MalformedAndSeveralConditionsAreRefused) {
    EXPECT_EQ(subscribe_if(watcher, "a b").status(), 400);
    EXPECT_EQ(subscribe_if(watcher, "a, b").status(), 400);
    watcher.more = {"Suppress-If-Match: a", "Suppress-If-Match: b"};
    EXPECT_EQ(watcher.subscribe(world).status(), 400);
}

}  // namespace
}  // namespace reginfo::test
