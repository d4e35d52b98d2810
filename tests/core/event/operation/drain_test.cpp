/// @file
/// How a server that is to be stopped lets go of its watchers.

#include "tests/core/event/notify/notify_fixture.hpp"

#include <gmock/gmock.h>

#include <set>
#include <string>
#include <vector>

namespace reginfo::test {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* kDeactivated = "terminated;reason=deactivated";

Settings slow_settings(std::uint32_t rate) {
    Settings settings = test_settings();
    settings.drain.rate = rate;
    return settings;
}

class DrainTest : public ::testing::Test {
protected:
    explicit DrainTest(Settings settings = test_settings()) : world(std::move(settings)) {}

    std::vector<Watcher> subscribe(std::size_t count) {
        std::vector<Watcher> watchers;
        for (std::size_t i = 0; i < count; ++i) {
            watchers.emplace_back("w" + std::to_string(i));
            EXPECT_EQ(watchers.back().subscribe(world).status(), 200);
        }
        world.take();
        return watchers;
    }

    World world;
};

TEST_F(DrainTest, EachSubscriptionIsEndedSoThatItsWatcherComesBack) {
    subscribe(3);
    world.drain();
    EXPECT_FALSE(world.engine().is_drained());

    world.pass(1s);

    const auto notifies = world.take_notifies();
    ASSERT_THAT(notifies, SizeIs(3));
    for (const Sent& notify : notifies) {
        EXPECT_EQ(notify.header("Subscription-State"), kDeactivated);
    }
    EXPECT_TRUE(world.engine().is_drained());
    EXPECT_EQ(world.stats().subscriptions, 0U);
    EXPECT_EQ(world.stats().subscriptions_drained, 3U);
}

TEST_F(DrainTest, WithoutSubscriptionsItIsOverAtOnce) {
    Publisher().publish(world, {{.uri = "sip:a@192.0.2.9"}});
    world.drain();
    world.pass(1ms);

    EXPECT_TRUE(world.engine().is_drained());
}

TEST_F(DrainTest, NewSubscriptionsAreRefusedAndAllElseIsServed) {
    Watcher old = Watcher("old");
    old.user_agent = "kamailio (5.6.3)";
    old.subscribe(world);
    world.drain();
    world.pass(1s);
    world.take();

    const Sent refused = Watcher("new").subscribe(world);
    EXPECT_EQ(refused.status(), 503);
    EXPECT_EQ(refused.header("Retry-After"), "10");
    EXPECT_EQ(world.stats().refused_by_bound[index_of(Bound::draining)], 1U);
    EXPECT_EQ(old.subscribe(world).status(), 200) << "a refresh";
    Publisher publisher;
    EXPECT_EQ(publisher.publish(world, {{.uri = "sip:a@192.0.2.9"}}).status(), 200);
}

TEST_F(DrainTest, AKamailioIsLeftToThe481ToItsRefresh) {
    Watcher kamailio("k");
    kamailio.user_agent = "kamailio (5.6.3)";
    kamailio.subscribe(world);
    subscribe(1);
    world.drain();
    world.pass(1s);

    const auto notifies = world.take_notifies();
    ASSERT_THAT(notifies, SizeIs(1));
    EXPECT_FALSE(kamailio.owns(notifies[0]));
    EXPECT_TRUE(world.engine().is_drained());
    EXPECT_EQ(world.stats().subscriptions, 1U);
}

TEST_F(DrainTest, WhatIsUnansweredIsAwaited) {
    subscribe(1);
    world.answers = [](const Sent&) { return std::nullopt; };
    world.drain();
    world.pass(1s);
    const auto notifies = world.take_notifies();
    ASSERT_FALSE(notifies.empty());
    EXPECT_EQ(world.stats().drain_phase, kOnlyAnswersLeft);
    EXPECT_FALSE(world.engine().is_drained());

    world.answer(notifies[0], 200);

    EXPECT_TRUE(world.engine().is_drained());
}

class SlowDrainTest : public DrainTest {
protected:
    SlowDrainTest() : DrainTest(slow_settings(100)) {}
};

TEST_F(SlowDrainTest, TheyAreEndedAtTheRateThatIsSetAndNotInStep) {
    subscribe(400);
    const TimePoint begin = world.now();
    world.drain();
    world.pass(10s);

    const auto notifies = world.take_notifies();
    ASSERT_THAT(notifies, SizeIs(400));
    std::set<Duration> pauses;
    for (std::size_t i = 1; i < notifies.size(); ++i) {
        pauses.insert(notifies[i].at - notifies[i - 1].at);
    }
    EXPECT_GT(pauses.size(), 100U);
    EXPECT_GT(notifies.back().at - begin, 3s);
    EXPECT_LT(notifies.back().at - begin, 5s);
}

TEST_F(SlowDrainTest, OneThatEndsByItselfMeanwhileIsNoMatter) {
    auto watchers = subscribe(50);
    world.drain();
    world.pass(100ms);
    for (Watcher& watcher : watchers) {
        const int status = watcher.subscribe(world, 0).status();
        EXPECT_TRUE(status == 200 || status == 481) << status;
    }
    world.pass(10s);

    EXPECT_EQ(world.stats().subscriptions, 0U);
    EXPECT_TRUE(world.engine().is_drained());
}

Settings durable_settings() {
    Settings settings = test_settings();
    settings.durable = true;
    settings.hash_seed = 7;
    return settings;
}

class DurableDrainTest : public DrainTest {
protected:
    DurableDrainTest() : DrainTest(durable_settings()) {}
};

TEST_F(DurableDrainTest, NothingIsEndedAsTheNextProcessTakesOver) {
    auto watchers = subscribe(2);
    world.drain();
    world.pass(10s);

    EXPECT_THAT(world.take_notifies(), IsEmpty());
    EXPECT_TRUE(world.engine().is_drained());
    EXPECT_EQ(Watcher("new").subscribe(world).status(), 503);
    world.restart();
    EXPECT_EQ(watchers[0].subscribe(world).status(), 200);
}

TEST_F(DurableDrainTest, ACommitThatIsPendingIsAwaited) {
    world.store_answers_late = true;
    Publisher publisher;
    world.receive(publisher.flow, publisher.request(3600, BodyText{}.text()).text());
    world.drain();
    EXPECT_FALSE(world.engine().is_drained());

    world.commit();

    EXPECT_TRUE(world.engine().is_drained());
}

}  // namespace
}  // namespace reginfo::test
