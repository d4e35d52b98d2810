/// @file
/// An engine whose store answers on request.
#pragma once

#include "tests/support/addresses.hpp"
#include "tests/support/engine_fixture.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace reginfo::test {

using Statuses = std::vector<int>;

using namespace std::chrono_literals;

inline ContactText contact(std::string uri, std::uint32_t cseq = 1) {
    return {.uri = std::move(uri), .cseq = cseq};
}

inline std::string body(
    std::vector<ContactText> contacts,
    std::string aor = "sip:alice@example.org"
) {
    return BodyText{.aor = std::move(aor), .contacts = std::move(contacts)}.text();
}

/// A store that answers when `world.commit` is called.
class LateStore : public ::testing::Test {
protected:
    void send(const Publisher& who, const std::string& text, int expires = 3600) {
        world.receive(who.flow, who.request(expires, text).text());
    }

    /// Subscribes or refreshes, with a successful commit. Drops the sent messages.
    void subscribed(Watcher& who) {
        world.receive(who.flow, who.subscribe().text());
        world.commit();
        for (const Sent& sent : world.take()) {
            if (sent.status() != 200) continue;
            const std::string to = sent.header("To");
            who.to_tag = to.substr(to.find("tag=") + 4);
        }
        ASSERT_FALSE(who.to_tag.empty());
    }

    /// Publishes, with a successful commit. Drops the sent messages.
    void published(Publisher& who, const std::string& text) {
        send(who, text);
        world.commit();
        for (const Sent& sent : world.take()) who.learn(sent);
        ASSERT_FALSE(who.etag.empty());
    }

    std::vector<int> statuses() {
        std::vector<int> all;
        for (const Sent& sent : world.take()) {
            if (!sent.message.is_request) all.push_back(sent.status());
        }
        return all;
    }

    static Settings settings() {
        Settings settings = test_settings();
        settings.durable = true;
        settings.hash_seed = 7;
        return settings;
    }

    World world{settings()};
    Publisher publisher;
    Watcher watcher{"w1"};

    void SetUp() override { world.store_answers_late = true; }
};

}  // namespace reginfo::test
