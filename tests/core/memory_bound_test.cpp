/// @file
/// Near limits.memory_bytes new state is refused. Existing state goes on, ends, and makes room.

#include "tests/support/engine_fixture.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace reginfo::test {
namespace {

constexpr std::uint64_t kLimit = 1'000'000'000;

class MemoryBound : public ::testing::Test {
protected:
    static Settings bounded() {
        Settings settings = test_settings();
        settings.limits.memory_bytes = kLimit;
        return settings;
    }

    /// So much that the engine's own records come to a share of the bound.
    static void fill(World& world, double share) {
        const std::uint64_t counted = world.engine().inspection().memory().counted();
        world.engine().set_uncounted_memory(
            static_cast<std::uint64_t>(share * static_cast<double>(kLimit)) - counted
        );
    }

    static std::vector<ContactText> contacts(std::size_t count) {
        std::vector<ContactText> many;
        for (std::size_t i = 0; i < count; ++i) {
            many.push_back({.uri = "sip:x@192.0.2." + std::to_string(i + 1)});
        }
        return many;
    }

    std::uint64_t refused() const {
        return world.stats().refused_by_bound[index_of(Bound::memory)];
    }

    World world{bounded()};
    Publisher publisher;
    Watcher watcher{"w1"};
};

TEST_F(MemoryBound, FarFromItEverythingIsServed) {
    fill(world, 0.9);

    EXPECT_EQ(publisher.publish(world, contacts(1)).status(), 200);
    EXPECT_EQ(watcher.subscribe(world).status(), 200);
    EXPECT_EQ(refused(), 0U);
}

TEST_F(MemoryBound, WithoutABoundEverythingIsServed) {
    World unbounded;
    unbounded.engine().set_uncounted_memory(~std::uint64_t{0} / 2);

    EXPECT_EQ(publisher.publish(unbounded, contacts(1)).status(), 200);
}

TEST_F(MemoryBound, NearItAnInitialPublishIsRefusedAlsoOverUdp) {
    fill(world, 0.96);

    const Sent response = publisher.publish(world, contacts(1));

    EXPECT_EQ(response.status(), 503);
    EXPECT_EQ(response.header("Retry-After"), "60");
    EXPECT_EQ(refused(), 1U);
    EXPECT_EQ(world.stats().aors, 0U);
    EXPECT_EQ(world.stats().server_transactions, 0U) << "a refusal takes no memory";
}

TEST_F(MemoryBound, NearItANewSubscribeIsRefusedWithWhatItsWatcherCanBear) {
    fill(world, 0.96);

    const Sent response = watcher.subscribe(world);

    EXPECT_EQ(response.status(), 503);
    EXPECT_TRUE(response.has("Retry-After"));
    EXPECT_EQ(refused(), 1U);
    EXPECT_EQ(world.stats().dialogs, 0U);
}

TEST_F(MemoryBound, TheLogNamesTheSetting) {
    fill(world, 0.96);

    publisher.publish(world, contacts(1));

    ASSERT_FALSE(world.notes.empty());
    EXPECT_EQ(world.notes.back().what, "limits.memory_bytes is near");
}

TEST_F(MemoryBound, WhatIsThereGoesOnAndEnds) {
    ASSERT_EQ(publisher.publish(world, contacts(2)).status(), 200);
    ASSERT_EQ(watcher.subscribe(world).status(), 200);
    fill(world, 1.5);

    EXPECT_EQ(publisher.refresh(world).status(), 200);
    EXPECT_EQ(publisher.publish(world, contacts(1)).status(), 200) << "a smaller document";
    EXPECT_EQ(watcher.subscribe(world).status(), 200);
    EXPECT_EQ(publisher.remove(world).status(), 200);
    EXPECT_EQ(watcher.subscribe(world, 0).status(), 200);
    EXPECT_EQ(refused(), 0U);
}

TEST_F(MemoryBound, APublicationMayGrowNearItButNotBeyondIt) {
    ASSERT_EQ(publisher.publish(world, contacts(1)).status(), 200);
    fill(world, 0.96);
    EXPECT_EQ(publisher.publish(world, contacts(10)).status(), 200);
    fill(world, 1.0);
    ASSERT_EQ(watcher.subscribe(world, 0).status(), 503);

    const std::string etag = publisher.etag;
    const Sent response = publisher.publish(world, contacts(100));

    EXPECT_EQ(response.status(), 503);
    EXPECT_EQ(response.header("Retry-After"), "60");
    EXPECT_EQ(world.stats().contacts_active, 10U) << "it stays as it was";
    publisher.etag = etag;
    EXPECT_EQ(publisher.refresh(world).status(), 200);
}

TEST_F(MemoryBound, AtTheSameSizeAPublicationChangesAlsoBeyondIt) {
    ASSERT_EQ(publisher.publish(world, {{.uri = "sip:x@192.0.2.1:5060"}}).status(), 200);
    fill(world, 1.2);

    EXPECT_EQ(publisher.publish(world, {{.uri = "sip:x@192.0.2.1:50600"}}).status(), 200);
    EXPECT_EQ(world.stats().revisions, 2U);
}

TEST_F(MemoryBound, WhatHasEndedMakesRoomAtOnce) {
    std::vector<Publisher> publishers;
    for (int i = 0; i < 200; ++i) {
        publishers.emplace_back();
        publishers.back().aor = "sip:u" + std::to_string(i) + "@example.org";
        ASSERT_EQ(publishers.back().publish(world, contacts(10)).status(), 200);
    }
    fill(world, 0.9501);
    ASSERT_EQ(publisher.publish(world, contacts(1)).status(), 503);

    for (Publisher& other : publishers) other.remove(world);

    EXPECT_EQ(publisher.publish(world, contacts(1)).status(), 200);
}

TEST_F(MemoryBound, AFloodOfNewAorsStopsAtIt) {
    constexpr std::uint64_t few = 1'000'000;
    Settings settings = test_settings();
    settings.limits.memory_bytes = few;
    World small(settings);
    bool was_refused = false;
    for (int i = 0; i < 2'000; ++i) {
        Publisher one;
        one.aor = "sip:u" + std::to_string(i) + "@example.org";
        was_refused = one.publish(small, contacts(8)).status() == 503 || was_refused;
    }

    EXPECT_TRUE(was_refused);
    EXPECT_LT(small.engine().inspection().memory().used(), few / 10 * 11) << "a table may grow";
    EXPECT_GT(small.stats().aors, 100U);
}

}  // namespace
}  // namespace reginfo::test
