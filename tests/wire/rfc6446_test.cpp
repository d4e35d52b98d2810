/// @file
/// RFC 6446: the rates of notification that a watcher asks for.

#include "tests/core/event/notify/notify_fixture.hpp"

#include <gtest/gtest.h>

#include <string>

namespace reginfo::test {
namespace {

class RateTest : public NotifyTest {
protected:
    void subscribe_with(const std::string& event) {
        end();
        watcher = Watcher("r1");
        watcher.event = event;
        ASSERT_EQ(watcher.subscribe(world).status(), 200);
        last_told = world.take_notifies().at(0);
        world.answers = [](const Sent&) { return 200; };
        world.answer(last_told, 200);
    }
};

using Rfc6446 = RateTest;
using Rfc6446Section4_1 = RateTest;
using Rfc6446Section4_2 = RateTest;
using Rfc6446Section5_2 = RateTest;
using Rfc6446Section6_2 = RateTest;

TEST_F(Rfc6446Section4_2, IsReflectedInSubscriptionState) {
    subscribe_with("reg;max-rate=0.1;min-rate=0.01");
    EXPECT_EQ(
        last_told.header("Subscription-State"), "active;expires=3600;max-rate=0.1;min-rate=0.01"
    );
}

TEST_F(Rfc6446, IsNotReflectedWhereNoneWasAskedFor) {
    subscribe_with("reg;max-rate=fast");
    EXPECT_EQ(last_told.header("Subscription-State"), "active;expires=3600");
}

TEST_F(Rfc6446Section4_2, NothingLeavesFasterThanMaxRateAndTheNewestStateIsNotified) {
    subscribe_with("reg;max-rate=0.05");
    EXPECT_TRUE(change().empty());
    EXPECT_TRUE(change().empty());
    world.pass(19900ms);
    EXPECT_TRUE(world.take_notifies().empty());
    world.pass(200ms);
    const auto told = world.take_notifies();
    ASSERT_EQ(told.size(), 1U);
    EXPECT_NE(told[0].body().find(uri_of(1)), std::string_view::npos);
}

TEST_F(Rfc6446Section4_2, TheNotifyDueToARefreshIsNotDelayedByMaxRate) {
    subscribe_with("reg;max-rate=0.01");
    watcher.subscribe(world);
    EXPECT_EQ(world.take_notifies().size(), 1U);
    watcher.subscribe(world, 0);
    EXPECT_EQ(world.take_notifies().size(), 1U);
}

TEST_F(Rfc6446Section4_1, ARefreshWithoutMaxRateRemovesIt) {
    subscribe_with("reg;max-rate=0.01");
    watcher.event = "reg";
    watcher.subscribe(world);
    EXPECT_EQ(world.take_notifies().at(0).header("Subscription-State"), "active;expires=3600");
    EXPECT_EQ(change().size(), 1U);
}

TEST_F(Rfc6446Section4_1, A2xxToANotifyChangesTheRates) {
    subscribe_with("reg;max-rate=0.01");
    watcher.subscribe(world);
    world.answers = silence;
    watcher.subscribe(world);
    const auto told = world.take_notifies();
    world.answer(told.back(), 200, {"Event: reg;max-rate=2"});
    world.answers = [](const Sent&) { return 200; };
    world.pass(1s);
    EXPECT_EQ(change().size(), 1U);
}

TEST_F(Rfc6446, A2xxToANotifyWithoutEventChangesNothing) {
    subscribe_with("reg;max-rate=0.01");
    EXPECT_TRUE(change().empty());
}

TEST_F(Rfc6446Section5_2, MinRateSendsTheCurrentStateWhenNothingWasSent) {
    subscribe_with("reg;min-rate=0.05");
    for (int i = 0; i < 3; ++i) {
        world.pass(19900ms);
        EXPECT_TRUE(world.take_notifies().empty());
        world.pass(100ms);
        const auto told = world.take_notifies();
        ASSERT_EQ(told.size(), 1U);
        EXPECT_NE(told[0].body().find("state=\"full\""), std::string_view::npos);
    }
}

TEST_F(Rfc6446Section5_2, NewsPutsOffTheNotifyOfMinRate) {
    subscribe_with("reg;min-rate=0.05");
    world.pass(15s);
    EXPECT_EQ(change().size(), 1U);
    world.pass(15s);
    EXPECT_TRUE(world.take_notifies().empty());
    world.pass(5s);
    EXPECT_EQ(world.take_notifies().size(), 1U);
}

TEST_F(Rfc6446Section6_2, AdaptiveMinRateSendsWithoutNews) {
    subscribe_with("reg;adaptive-min-rate=0.05");
    world.pass(400s);
    EXPECT_NEAR(static_cast<double>(world.take_notifies().size()), 20.0, 2.0);
}

TEST_F(Rfc6446, AnEndedSubscriptionIsNotWokenByItsRates) {
    subscribe_with("reg;min-rate=0.1");
    watcher.subscribe(world, 0);
    world.take();
    world.pass(100s);
    EXPECT_TRUE(world.take_notifies().empty());
}

TEST(Rfc6446Pace, TheStricterOfMaxRateAndOurOwnPaceHolds) {
    Settings settings = test_settings();
    settings.notify.burst = 1;
    settings.notify.min_interval = 30s;
    World world(settings);
    Watcher watcher("w1");
    watcher.event = "reg;max-rate=0.1";
    watcher.subscribe(world);
    world.take();
    Publisher publisher;
    publisher.publish(world, {{.uri = uri_of(0)}});
    world.pass(11s);  // by max-rate one may leave, by our pace as well: the first of its burst
    EXPECT_EQ(world.take_notifies().size(), 1U);
    publisher.publish(world, {{.uri = uri_of(0)}, {.uri = uri_of(1)}});
    world.pass(19s);
    EXPECT_TRUE(world.take_notifies().empty());
    world.pass(12s);
    EXPECT_EQ(world.take_notifies().size(), 1U);
}

}  // namespace
}  // namespace reginfo::test
