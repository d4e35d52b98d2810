/// @file
/// Changes that were missed while there was no process: notified at a bounded rate, oldest first,
/// and seen by no request (core/event/operation/recovery.hpp).

#include "tests/core/restart_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace reginfo::test {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Recovery : public Restart {};

TEST_F(Recovery, ARefreshOfWhatExpiredMeanwhileFindsNothing) {
    publish({{.uri = kX}}, 60);
    watcher.subscribe(world, 60);
    crowd(30);

    world.crash(62s);

    EXPECT_EQ(publisher.refresh(world).status(), 412);
    EXPECT_EQ(watcher.subscribe(world).status(), 481);
}

TEST_F(Recovery, ASubscribeMeetsNoContactThatExpiredMeanwhile) {
    publish({{.uri = kX, .expires = 60}, {.uri = kY}});
    crowd(30);

    world.crash(63s);
    watcher.subscribe(world);

    std::optional<ToldDocument> document;
    for (const Sent& notify : world.take_notifies()) {
        if (watcher.owns(notify)) document = told(notify);
    }
    ASSERT_TRUE(document);
    EXPECT_FALSE(document->contacts.contains(kX));
    EXPECT_EQ(document->contacts.at(kY).state, "active");
}

TEST_F(Recovery, TheLastNotifyOfAnExpiredSubscriptionListsNoContactThatExpiredMeanwhileAsActive) {
    publish({{.uri = kX}}, 90);
    watcher.subscribe(world, 60);

    world.crash(100s);
    world.pass(5s);

    std::vector<ToldDocument> documents;
    for (const Sent& notify : world.take_notifies()) {
        if (watcher.owns(notify)) documents.push_back(told(notify));
    }
    ASSERT_FALSE(documents.empty());
    for (const ToldDocument& document : documents) {
        if (!document.contacts.contains(kX)) continue;
        EXPECT_EQ(document.contacts.at(kX).state, "terminated");
    }
}

TEST_F(Recovery, ManyWatchersAreNotifiedAtABoundedRateOldestFirst) {
    world.answers = [](const Sent&) { return std::nullopt; };
    crowd(200);
    world.answers = [](const Sent&) { return 200; };
    world.take();

    world.crash(10s);
    std::vector<Sent> all = world.take_notifies();
    EXPECT_LE(all.size(), 3U);
    for (int second = 0; second < 3; ++second) {
        world.pass(1s);
        const std::vector<Sent> more = world.take_notifies();
        EXPECT_LE(more.size(), 52U) << second;
        EXPECT_GE(more.size(), 48U) << second;
        all.insert(all.end(), more.begin(), more.end());
    }
    EXPECT_GT(world.stats().missed, 0U);
    world.pass(2s);
    for (const Sent& notify : world.take_notifies()) all.push_back(notify);

    EXPECT_EQ(world.stats().missed, 0U);
    ASSERT_EQ(all.size(), 200U);
    for (std::size_t i = 0; i < all.size(); ++i) {
        EXPECT_EQ(all[i].header("Call-ID"), "call-crowd" + std::to_string(i));
    }
}

TEST_F(Recovery, ContactsThatExpiredMeanwhileAreNotifiedAtTheSameRateOldestFirst) {
    crowd(100, 60);
    std::vector<Publisher> publishers(100);
    for (std::size_t i = 0; i < publishers.size(); ++i) {
        publishers[i].aor = "sip:published" + std::to_string(i) + "@example.org";
        publishers[i].publish(world, {{.uri = kX}}, 90);
        world.pass(10ms);
    }
    world.take();

    world.crash(300s);
    std::vector<Sent> all = world.take_notifies();
    world.pass(1s);
    for (const Sent& notify : world.take_notifies()) all.push_back(notify);
    EXPECT_LE(all.size(), 55U);
    EXPECT_EQ(world.stats().publications, 100U) << "subscriptions had expired before";
    world.pass(4s);
    for (const Sent& notify : world.take_notifies()) all.push_back(notify);

    ASSERT_EQ(all.size(), 100U);
    for (std::size_t i = 0; i < all.size(); ++i) {
        EXPECT_EQ(all[i].header("Call-ID"), "call-crowd" + std::to_string(i));
        EXPECT_THAT(all[i].header("Subscription-State"), HasSubstr("timeout"));
    }
    EXPECT_EQ(world.stats().publications, 0U);
    EXPECT_EQ(world.stats().aors, 0U);
}

TEST_F(Recovery, WhatWaitsForTheStoreNeitherPilesUpNorIsLookedAtAgainAndAgain) {
    publish({{.uri = kX}}, 90);
    watcher.subscribe(world, 60);
    world.take();
    world.store_answers_late = true;
    world.crash(100s);

    world.pass(60s);
    EXPECT_EQ(world.stats().missed, 2U) << "the watcher, and its AOR";
    EXPECT_FALSE(world.next_deadline());
    EXPECT_THAT(world.take_notifies(), IsEmpty());

    while (world.commits_waiting() > 0) world.commit();
    world.pass(5s);
    EXPECT_EQ(world.stats().missed, 0U);
    const std::vector<Sent> notifies = world.take_notifies();
    ASSERT_FALSE(notifies.empty());
    EXPECT_THAT(notifies.back().header("Subscription-State"), HasSubstr("timeout"));
}

TEST_F(Recovery, AFailingStoreDoesNotPreventTheNotify) {
    publish({{.uri = kX}}, 90);
    watcher.subscribe(world, 60);
    world.take();
    world.store_answers_late = true;
    world.crash(100s);

    world.commit(false);
    world.pass(500ms);
    EXPECT_EQ(world.stats().missed, 0U);
    EXPECT_EQ(world.stats().publications, 1U) << "it is tried again, but not yet";
    world.store_answers_late = false;
    while (world.commits_waiting() > 0) world.commit();
    EXPECT_EQ(world.take_notifies().size(), 1U);

    world.pass(1s);
    EXPECT_EQ(world.stats().publications, 0U);
}

TEST_F(Recovery, NewsDoesNotWaitBehindWhatWasMissed) {
    crowd(200);
    watcher.subscribe(world);
    world.take();
    world.crash(10s);
    world.take();

    publish({{.uri = kX}});

    const std::vector<Sent> notifies = world.take_notifies();
    ASSERT_EQ(notifies.size(), 1U);
    EXPECT_TRUE(watcher.owns(notifies.front()));
}

TEST_F(Restart, ACleanStopStoresManyDialogsInStepsOfBoundedSize) {
    constexpr std::size_t kDialogs = 5'000;
    constexpr std::size_t kMost = 2'000;
    crowd(kDialogs);

    world.restart();

    std::size_t stored = 0;
    for (const std::size_t commits : world.stop_steps) {
        EXPECT_LE(commits, kMost);
        stored += commits;
    }
    EXPECT_EQ(stored, kDialogs + 1) << "the last second's unsettled dialogs in one";
    EXPECT_EQ(world.stats().dialogs, kDialogs);
}

}  // namespace
}  // namespace reginfo::test
