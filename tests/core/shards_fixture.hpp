/// @file
/// Two processes that share a store, and what they serve of it.
#pragma once

#include "core/base/shard.hpp"
#include "tests/support/addresses.hpp"
#include "tests/support/engine_fixture.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace reginfo::test {

using namespace std::chrono_literals;

inline constexpr Shard kOne = 0x11;
inline constexpr Shard kOther = 0xee;

class SharedStore : public ::testing::Test {
protected:
    static Settings settings() {
        Settings settings = test_settings();
        settings.durable = true;
        settings.hash_seed = 7;
        settings.notify.recovery_rate = 50;
        return settings;
    }

    /// The n-th AOR of that shard.
    static std::string aor_in(Shard shard, int n = 0) {
        for (int i = 0;; ++i) {
            std::string aor = "sip:user" + std::to_string(i) + "@example.org";
            if (shard_of(settings().hash_seed, aor) == shard && n-- == 0) return aor;
        }
    }

    static std::optional<int> silent(const Sent&) { return std::nullopt; }
    static std::optional<int> ok(const Sent&) { return 200; }

    void SetUp() override {
        a.engine().share_shards();
        b.engine().share_shards();
        publisher.aor = watcher.aor = aor_in(kOne);
        other_publisher.aor = other_watcher.aor = aor_in(kOther);
    }

    /// Both are open at `a`, each with a publication and a watcher who was told.
    void serve_both() {
        a.open(kOne);
        a.open(kOther);
        for (Publisher* one : {&publisher, &other_publisher}) {
            ASSERT_EQ(one->publish(a, {{.uri = kX}}).status(), 200);
        }
        for (Watcher* one : {&watcher, &other_watcher}) {
            ASSERT_EQ(one->subscribe(a).status(), 200);
        }
        pass(3s);
        a.take();
    }

    void pass(Duration time) {
        a.pass(time);
        b.pass(time);
    }

    void drop_all(World& world, Shard shard) {
        while (world.drop(shard)) {
        }
    }

    std::vector<int> statuses(World& world) {
        std::vector<int> all;
        for (const Sent& sent : world.take()) {
            if (!sent.message.is_request) all.push_back(sent.status());
        }
        return all;
    }

    World a{settings(), 1};
    World b{settings(), 2};
    Publisher publisher;
    Publisher other_publisher;
    Watcher watcher{"bob"};
    Watcher other_watcher{"carol"};
};

}  // namespace reginfo::test
