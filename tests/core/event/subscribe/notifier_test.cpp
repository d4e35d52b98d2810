/// @file
/// Subscriptions, their bounds and their pace (RULES.md, "First documents are full", "Everything is
/// bounded", "Pacing per subscription"). RFC 6665 is in
/// tests/wire/rfc6665_subscribe_test.cpp.

#include "core/event/subscribe/notifier.hpp"

#include "tests/support/addresses.hpp"
#include "tests/support/engine_fixture.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace reginfo::test {
namespace {

using namespace std::chrono_literals;

class NotifierTest : public ::testing::Test {
protected:
    World world;
    Watcher watcher{"w1"};
    Publisher publisher;
};

TEST_F(NotifierTest, AFetchGetsOneNotifyAndLeavesNothing) {
    publisher.publish(world, {{.uri = kX}});
    EXPECT_EQ(watcher.subscribe(world, 0).header("Expires"), "0");
    const auto notifies = world.take_notifies();
    ASSERT_EQ(notifies.size(), 1U);
    EXPECT_EQ(notifies[0].header("Subscription-State"), "terminated;reason=timeout");
    EXPECT_EQ(read_told(notifies[0].body())->contacts.size(), 1U);
    EXPECT_EQ(world.stats().subscriptions + world.stats().dialogs, 0U);
    EXPECT_EQ(world.stats().fetches, 1U);
}

TEST_F(NotifierTest, AnUnsubscribeGetsALastNotifyWithTheState) {
    publisher.publish(world, {{.uri = kX}});
    watcher.subscribe(world);
    world.take();
    EXPECT_EQ(watcher.subscribe(world, 0).status(), 200);
    const auto notifies = world.take_notifies();
    ASSERT_EQ(notifies.size(), 1U);
    EXPECT_EQ(notifies[0].header("Subscription-State"), "terminated;reason=timeout");
    EXPECT_EQ(read_told(notifies[0].body())->version, 1U);
    EXPECT_EQ(world.stats().subscriptions, 0U);
    EXPECT_EQ(watcher.subscribe(world).status(), 481);
}

// RFC 6665 §4.5.2.
TEST_F(NotifierTest, SubscriptionsOfOneDialogDifferInEventId) {
    watcher.event = "reg;id=a";
    watcher.subscribe(world);
    watcher.event = "reg;id=b";
    EXPECT_EQ(watcher.subscribe(world).status(), 200);
    EXPECT_EQ(world.stats().subscriptions, 2U);
    EXPECT_EQ(world.stats().dialogs, 1U);
    world.take();

    publisher.publish(world, {{.uri = kX}});
    const auto notifies = world.take_notifies();
    ASSERT_EQ(notifies.size(), 2U);
    EXPECT_EQ(notifies[1].cseq(), notifies[0].cseq() + 1);
    EXPECT_NE(notifies[0].header("Event"), notifies[1].header("Event"));
    for (const Sent& notify : notifies) EXPECT_EQ(read_told(notify.body())->version, 1U);

    watcher.event = "reg;id=a";
    watcher.subscribe(world, 0);
    EXPECT_EQ(world.take_notifies().at(0).header("Event"), "reg;id=a");
    EXPECT_EQ(world.stats().subscriptions, 1U);
    EXPECT_EQ(watcher.subscribe(world).status(), 200) << "another one with that id";
}

TEST_F(NotifierTest, InOneDialogToOnlyOneNotifyIsInFlight) {
    watcher.event = "reg;id=a";
    watcher.subscribe(world);
    watcher.event = "reg;id=b";
    watcher.subscribe(world);
    world.take();
    world.answers = nullptr;
    publisher.publish(world, {{.uri = kX}});
    const auto first = world.take_notifies();
    ASSERT_EQ(first.size(), 1U);
    world.answer(first[0], 200);
    const auto second = world.take_notifies();
    ASSERT_EQ(second.size(), 1U);
    EXPECT_NE(first[0].header("Event"), second[0].header("Event"));
}

// A dead peer with two usages: neither keeps the other alive by superseding it.
TEST_F(NotifierTest, TwoUsagesOfADeadDialogEnd) {
    for (const char* event : {"reg;id=a", "reg;id=b"}) {
        watcher.event = event;
        watcher.subscribe(world);
    }
    world.answers = nullptr;
    publisher.publish(world, {{.uri = kX}});
    world.pass(120s);
    EXPECT_EQ(world.stats().subscriptions, 0U);
}

// RULES.md, "Pacing per subscription".
class PacedNotifierTest : public NotifierTest {
protected:
    PacedNotifierTest() : paced(settings()) {}

    static Settings settings() {
        Settings s = test_settings();
        s.notify.burst = 2;
        s.notify.min_interval = 5s;
        return s;
    }

    std::size_t change() {
        contacts.push_back({.uri = "sip:c" + std::to_string(contacts.size()) + "@h"});
        publisher.publish(paced, contacts);
        return paced.take_notifies().size();
    }

    World paced;
    std::vector<ContactText> contacts;
};

TEST_F(PacedNotifierTest, ABurstPassesAndThenNewsFoldsIntoOneNotifyAnInterval) {
    watcher.subscribe(paced);
    paced.take();
    EXPECT_EQ(change(), 1U);
    EXPECT_EQ(change(), 1U);
    EXPECT_EQ(change(), 0U);
    EXPECT_EQ(change(), 0U);
    paced.pass(5s - 1us);
    EXPECT_TRUE(paced.take().empty());
    paced.pass(1us);
    const auto notifies = paced.take_notifies();
    ASSERT_EQ(notifies.size(), 1U);
    EXPECT_EQ(read_told(notifies[0].body())->contacts.size(), 4U);
    paced.pass(60s);
    EXPECT_TRUE(paced.take().empty());
}

TEST_F(PacedNotifierTest, ANotifyDueToASubscribeAndTheLastOneGoAtOnce) {
    watcher.subscribe(paced);
    while (change() > 0) {
    }
    watcher.subscribe(paced);
    EXPECT_EQ(paced.take_notifies().size(), 1U);
    while (change() > 0) {
    }
    watcher.subscribe(paced, 0);
    EXPECT_EQ(paced.take_notifies().size(), 1U);
}

// RULES.md, "Everything is bounded".

TEST_F(NotifierTest, TooManySubscriptionsAreRefusedAndOldOnesGoOn) {
    struct Case {
        Bound bound;
        std::function<void(Settings::Limits&)> limit;
    };
    const std::vector<Case> cases = {
        {Bound::subscriptions_per_aor, [](auto& limits) { limits.subscriptions_per_aor = 1; }},
        {Bound::subscriptions_per_watcher,
         [](auto& limits) { limits.subscriptions_per_watcher = 1; }},
        {Bound::subscriptions, [](auto& limits) { limits.subscriptions = 1; }},
    };
    for (const Case& c : cases) {
        Settings settings = test_settings();
        c.limit(settings.limits);
        World small(settings);
        Watcher first("w1");
        Watcher second("w2");
        for (Watcher* w : {&first, &second}) w->more = {"P-Asserted-Identity: <sip:same@h>"};
        EXPECT_EQ(first.subscribe(small).status(), 200);
        const Sent refused = second.subscribe(small);
        EXPECT_EQ(refused.status(), 503);
        EXPECT_TRUE(refused.has("Retry-After"));
        EXPECT_EQ(small.stats().refused_by_bound[index_of(c.bound)], 1U);
        EXPECT_EQ(first.subscribe(small).status(), 200) << "a refresh";
        EXPECT_EQ(first.subscribe(small, 0).status(), 200);
        EXPECT_EQ(second.subscribe(small).status(), 200) << "there is room again";
    }
}

TEST_F(NotifierTest, TheBoundPerWatcherCountsTheAssertedIdentityElseFrom) {
    Settings settings = test_settings();
    settings.limits.subscriptions_per_watcher = 1;
    World small(settings);
    Watcher first("w1");
    Watcher second("w2");
    EXPECT_EQ(first.subscribe(small).status(), 200);
    EXPECT_EQ(second.subscribe(small).status(), 200);
    Watcher third("w3");
    third.more = {"P-Asserted-Identity: <sip:w1@example.org>"};
    EXPECT_EQ(third.subscribe(small).status(), 503);
}

TEST_F(NotifierTest, ADialogIsNotLargerThanItsBound) {
    Settings settings = test_settings();
    settings.limits.dialog_state_bytes = 1000;
    World small(settings);
    const std::string large = "sip:w1@198.51.100.1;x=" + std::string(1000, 'x');
    Watcher first("w1");
    first.contact = large;
    EXPECT_EQ(first.subscribe(small).status(), 513);
    Watcher second("w2");
    EXPECT_EQ(second.subscribe(small).status(), 200);
    second.contact = large;
    EXPECT_EQ(second.subscribe(small).status(), 513) << "nor does it become so";
    EXPECT_EQ(small.stats().refused_by_bound[index_of(Bound::dialog_state)], 2U);
    EXPECT_EQ(small.stats().subscriptions, 1U);
}

TEST_F(NotifierTest, ADialogDoesNotHoldAnyNumberOfSubscriptions) {
    int accepted = 0;
    for (int i = 0; i < 1000; ++i) {
        watcher.event = "reg;id=" + std::to_string(i);
        if (watcher.subscribe(world).status() == 200) ++accepted;
    }
    EXPECT_GT(accepted, 8);
    EXPECT_LT(accepted, 100);
    EXPECT_EQ(world.stats().subscriptions, static_cast<std::uint64_t>(accepted));
}

// The NOTIFYs of a turn are bounded. A change does not restart a running fan-out.
TEST_F(NotifierTest, ChangesFasterThanAFanOutStarveNoWatcher) {
    Settings settings = test_settings();
    settings.limits.expiries_per_turn = 4;
    World slow(settings);
    std::vector<Watcher> watchers;
    for (int i = 0; i < 10; ++i) {
        watchers.emplace_back("w" + std::to_string(i), "198.51.100." + std::to_string(i + 1));
        ASSERT_EQ(watchers.back().subscribe(slow).status(), 200);
    }
    slow.take();
    slow.answers = [](const Sent&) { return std::nullopt; };
    for (std::uint32_t i = 1; i <= 3; ++i) {
        publisher.publish(slow, {{.uri = "sip:x@192.0.2.10", .cseq = i}});
    }
    const std::vector<Sent> notifies = slow.take_notifies();
    for (const Watcher& one : watchers) {
        EXPECT_TRUE(std::any_of(notifies.begin(), notifies.end(), [&](const Sent& notify) {
            return one.owns(notify);
        })) << one.name;
    }
}

}  // namespace
}  // namespace reginfo::test
