/// @file
/// An engine that ends, and another one that goes on from the records of the store.
#pragma once

#include "tests/support/addresses.hpp"
#include "tests/support/engine_fixture.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace reginfo::test {

using namespace std::chrono_literals;

inline Settings durable_settings() {
    Settings settings = test_settings();
    settings.durable = true;
    settings.notify.recovery_rate = 50;
    settings.hash_seed = 7;
    return settings;
}

inline ToldDocument told(const Sent& notify) {
    const auto document = read_told(notify.body());
    EXPECT_TRUE(document.has_value()) << *notify.bytes;
    return document.value_or(ToldDocument{});
}

class Restart : public ::testing::Test {
protected:
    void publish(std::vector<ContactText> contacts, int expires = 3600) {
        ASSERT_EQ(publisher.publish(world, std::move(contacts), expires).status(), 200);
    }

    /// Watchers of an AOR each, one after the other.
    void crowd(int count, int expires = 3600) {
        for (int i = 0; i < count; ++i) {
            Watcher one("crowd" + std::to_string(i));
            one.aor = "sip:crowd" + std::to_string(i) + "@example.org";
            ASSERT_EQ(one.subscribe(world, expires).status(), 200);
            world.pass(10ms);
        }
    }

    World world{durable_settings()};
    Publisher publisher;
    Watcher watcher{"bob"};
};

}  // namespace reginfo::test
