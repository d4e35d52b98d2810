/// @file
/// An engine whose watchers all have one profile.
#pragma once

#include "tests/support/engine_fixture.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace reginfo::test {

using namespace std::chrono_literals;

inline Settings settings_with(Profile profile) {
    Settings settings = test_settings();
    settings.profile_rules = {{.profile = profile}};
    return settings;
}

inline bool has(const Sent& notify, std::string_view text) {
    return notify.body().find(text) != std::string_view::npos;
}

class WithProfile : public ::testing::Test {
protected:
    explicit WithProfile(Profile profile) : world(settings_with(profile)) {}

    std::vector<Sent> publish(std::vector<ContactText> contacts, std::string more = "") {
        const BodyText body{.contacts = std::move(contacts), .more = std::move(more)};
        EXPECT_EQ(publisher.publish_text(world, body.text()).status(), 200);
        return world.take_notifies();
    }

    static std::string uri_of(std::size_t n) { return "sip:c" + std::to_string(n) + "@192.0.2.10"; }

    World world;
    Watcher watcher{"w1"};
    Publisher publisher;
};

/// Another registration of the implicit set.
inline std::string member(const std::string& aor, const std::string& contacts) {
    return "<registration aor=\"" + aor + "\" id=\"m\" state=\"active\">" + contacts +
           "</registration>";
}
inline std::string member_contact(const std::string& uri, const std::string& expires = "3600") {
    return "<contact id=\"x\" state=\"active\" event=\"created\" callid=\"c1\" cseq=\"1\" "
           "expires=\"" +
           expires + "\"><uri>" + uri + "</uri></contact>";
}

}  // namespace reginfo::test
