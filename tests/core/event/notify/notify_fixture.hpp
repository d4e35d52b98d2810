/// @file
/// An engine with one watcher that has the first document, and a publisher that adds contacts.
#pragma once

#include "core/event/notify/notify_scheduler.hpp"
#include "tests/support/engine_fixture.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace reginfo::test {

using namespace std::chrono_literals;

/// The URI of the contact that the n-th change adds.
inline std::string uri_of(std::size_t n) { return "sip:c" + std::to_string(n) + "@192.0.2.10"; }

class NotifyTest : public ::testing::Test {
protected:
    explicit NotifyTest(Settings settings = test_settings()) : world(std::move(settings)) {}

    void SetUp() override { subscribe(); }

    /// Subscribes and answers the first NOTIFY with 200. Later NOTIFYs get no answer.
    void subscribe() {
        world.answers = [](const Sent&) { return 200; };
        ASSERT_EQ(watcher.subscribe(world).status(), 200);
        last_told = world.take_notifies().at(0);
        world.answers = silence;
    }

    /// The watcher unsubscribes and gets the last NOTIFY.
    void end() {
        world.answers = [](const Sent&) { return 200; };
        watcher.subscribe(world, 0);
        world.pass(4s);  // an unanswered NOTIFY is given up
        world.take();
        world.answers = silence;
    }

    /// Another subscription instead of the one that has ended.
    void renew() {
        watcher = Watcher("w" + std::to_string(++renewals + 1));
        subscribe();
    }

    /// One contact more. Returns the NOTIFYs that this causes at once.
    std::vector<Sent> change() {
        contacts.push_back({.uri = uri_of(next_contact++)});
        publish_again();
        return world.take_notifies();
    }

    void unpublish() {
        contacts.clear();
        publish_again();
    }

    void publish_again() { EXPECT_EQ(publisher.publish(world, contacts).status(), 200); }

    static Watcher kamailio_watcher() {
        Watcher kamailio("k1", "198.51.100.2");
        kamailio.user_agent = "kamailio (5.6.3 (x86_64/linux))";
        return kamailio;
    }

    std::uint64_t outcomes(NotifyOutcome outcome) const {
        return world.stats().notify_outcomes[index_of(outcome)];
    }

    static std::optional<int> silence(const Sent&) { return std::nullopt; }

    World world;
    Watcher watcher{"w1"};
    Publisher publisher;
    std::vector<ContactText> contacts;
    std::size_t next_contact = 0;
    int renewals = 0;
    Sent last_told;
};

}  // namespace reginfo::test
