/// @file
/// RULES.md, "After a crash": only those are told who may not have been
/// (core/event/records/unsettled.hpp).

#include "core/event/persistence/unsettled_key.hpp"
#include "tests/core/restart_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace reginfo::test {
namespace {

using ::testing::IsEmpty;

class Unsettled : public Restart {
protected:
    void be_silent() {
        world.answers = [](const Sent&) { return std::nullopt; };
    }
    void answer_again() {
        world.answers = [](const Sent&) { return 200; };
    }
    std::size_t told_after_a_crash() {
        world.take();
        world.crash();
        world.pass(10s);
        return world.take_notifies().size();
    }
};

TEST_F(Unsettled, WhoWasToldAndAnsweredIsToldNothing) {
    watcher.subscribe(world);
    publish({{.uri = kX}});
    world.pass(3s);

    EXPECT_EQ(told_after_a_crash(), 0U);
}

TEST_F(Unsettled, WhoHasNotAnsweredIsTold) {
    watcher.subscribe(world);
    world.pass(3s);
    be_silent();
    publish({{.uri = kX}});
    world.pass(1s);
    answer_again();

    EXPECT_EQ(told_after_a_crash(), 1U);
}

TEST_F(Unsettled, ASubscribersFirstNotifyThatWasNotAnsweredComesAgain) {
    be_silent();
    watcher.subscribe(world);
    world.pass(1s);
    answer_again();

    EXPECT_EQ(told_after_a_crash(), 1U);
}

TEST_F(Unsettled, AmongManyOnlyTheOneIsTold) {
    crowd(100);
    watcher.subscribe(world);
    world.pass(3s);
    be_silent();
    publish({{.uri = kX}});
    answer_again();

    EXPECT_EQ(told_after_a_crash(), 1U);
}

TEST_F(Unsettled, WhatSettledAfterTheCrashStaysSettledAtTheNext) {
    watcher.subscribe(world);
    be_silent();
    publish({{.uri = kX}});
    answer_again();
    EXPECT_EQ(told_after_a_crash(), 1U);

    EXPECT_EQ(told_after_a_crash(), 0U);
}

TEST_F(Unsettled, ASecondChangeInThatSecondIsToldAfterACrash) {
    watcher.subscribe(world);
    publish({{.uri = kX}});
    world.pass(500ms);
    be_silent();
    publish({{.uri = kX}, {.uri = kY}});
    world.pass(700ms);
    answer_again();

    EXPECT_EQ(told_after_a_crash(), 1U);
}

TEST_F(Unsettled, AnEntryIsGoneWithItsAorAndItsDialog) {
    watcher.subscribe(world);
    be_silent();
    publish({{.uri = kX}});
    answer_again();
    world.pass(5s);
    ASSERT_EQ(watcher.subscribe(world, 0).status(), 200);
    ASSERT_EQ(publisher.remove(world).status(), 200);
    world.pass(120s);

    world.crash(60s);  // the transactions are over
    world.pass(5s);

    EXPECT_EQ(world.stats().aors, 0U);
    world.crash();
    EXPECT_EQ(world.unsettled_kept(), 0U);
}

TEST_F(Unsettled, ACleanStopSettlesAtOnce) {
    watcher.subscribe(world);
    publish({{.uri = kX}});

    world.restart();
    world.pass(5s);

    EXPECT_THAT(world.take_notifies(), IsEmpty());
    EXPECT_EQ(world.unsettled_kept(), 0U);
}

TEST_F(Unsettled, ACleanStopKeepsWhatIsStillToBeTold) {
    watcher.subscribe(world);
    world.pass(3s);
    be_silent();
    publish({{.uri = kX}});
    answer_again();
    world.restart();
    world.pass(5s);

    EXPECT_EQ(world.take_notifies().size(), 1U);
}

/// As a file of an earlier version is: all may be unsettled, as far as the records can tell.
TEST_F(Unsettled, InAStoreWithoutEntriesWhoMayBeBehindIsToldOnce) {
    watcher.subscribe(world);
    crowd(5);
    publish({{.uri = kX}});
    world.pass(3s);
    world.keep_all_unsettled();

    EXPECT_EQ(told_after_a_crash(), 6U) << "each record says that a NOTIFY is owed";
    EXPECT_EQ(told_after_a_crash(), 0U);
}

TEST_F(Unsettled, WhoWasToldOnlyTheEndsIsToldTheRest) {
    Settings settings = durable_settings();
    settings.notify.udp_bytes_max = 0;  // never by TCP
    World small(settings);
    const auto register_from = [&](int first) {
        std::vector<ContactText> contacts;
        for (int i = first; i < first + 100; ++i) {
            const std::string user = std::string(300, 'x') + std::to_string(i);
            contacts.push_back({.uri = "sip:" + user + "@h.test"});
        }
        EXPECT_EQ(publisher.publish(small, std::move(contacts)).status(), 200);
    };
    watcher.user_agent = "kamailio (5.6.3)";
    watcher.subscribe(small);
    register_from(0);
    small.pass(3s);
    int answered = 0;
    small.answers = [&](const Sent&) {
        return answered++ == 0 ? std::optional(200) : std::nullopt;
    };
    register_from(1000);  // with the ends of the first hundred it fits no datagram
    small.pass(2s);
    EXPECT_GE(answered, 2) << "the ends, and then the others";
    small.answers = [](const Sent&) { return 200; };
    small.take();

    small.crash();
    small.pass(5s);

    EXPECT_EQ(small.take_notifies().size(), 1U);
}

TEST_F(Unsettled, WhatIsNoKeyCannotBeRead) {
    EXPECT_TRUE(is_unsettled_key(unsettled_key(7, UnsettledKind::aor, "sip:a@b")));
    EXPECT_TRUE(is_unsettled_key(kAllUnsettled));
    for (const std::string key : {"a", "x0123456789abcdef", "a0123456789abcde0"}) {
        const bool is_right = key.size() == 17 && key[0] == 'a';
        EXPECT_EQ(world.engine().restore(world.now(), {Bucket::unsettled, key, ""}), is_right);
    }
}

}  // namespace
}  // namespace reginfo::test
