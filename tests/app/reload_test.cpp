/// @file
/// Which settings a reload changes, and which need a restart.

#include "app/reload.hpp"

#include "app/config_keys.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace reginfo {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

TEST(Reload, TheSameAgainChangesNothing) {
    const Reload result = reload(Config{}, Config{});

    EXPECT_THAT(result.changed, IsEmpty());
    EXPECT_THAT(result.kept, IsEmpty());
}

TEST(Reload, NetworksLimitsProfilesTokenAndLevelChange) {
    Config fresh;
    fresh.log.level = LogLevel::debug;
    fresh.http.token = "another-token-than-before";
    fresh.settings.trusted_networks = {*Network::parse("192.0.2.0/24")};
    fresh.settings.limits.publications = 17;
    fresh.settings.profile_rules = {{.profile = Profile::ims}};
    fresh.settings.contact_grace = std::chrono::milliseconds{1'500};

    const Reload result = reload(Config{}, fresh);

    EXPECT_THAT(
        result.changed,
        UnorderedElementsAre(
            "log.level",
            "http.token",
            "access.trusted_networks",
            "limits.publications",
            "watchers.profiles",
            "publish.contact_grace"
        )
    );
    EXPECT_THAT(result.kept, IsEmpty());
    EXPECT_EQ(result.config.log.level, LogLevel::debug);
    EXPECT_EQ(result.config.http.token, fresh.http.token);
    ASSERT_EQ(result.config.settings.trusted_networks.size(), 1U);
    EXPECT_EQ(result.config.settings.limits.publications, 17U);
    EXPECT_EQ(result.config.settings.profile_rules, fresh.settings.profile_rules);
    EXPECT_EQ(result.config.settings.contact_grace, fresh.settings.contact_grace);
}

TEST(Reload, WhatSocketsAndFilesWereMadeFromStays) {
    Config running;
    running.settings.durable = true;
    running.settings.hash_seed = 7;
    Config fresh;
    fresh.listen = {*parse_listen("udp:127.0.0.1:5070")};
    fresh.storage.kind = StorageKind::memory;
    fresh.settings.t1 = std::chrono::seconds{1};

    const Reload result = reload(running, fresh);

    EXPECT_THAT(result.kept, UnorderedElementsAre("sip.listen", "storage.kind", "sip.t1_ms"));
    EXPECT_THAT(result.changed, IsEmpty());
    EXPECT_EQ(result.config.listen.size(), running.listen.size());
    EXPECT_EQ(result.config.storage.kind, StorageKind::sqlite);
    EXPECT_EQ(result.config.settings.t1, running.settings.t1);
    EXPECT_TRUE(result.config.settings.durable);
    EXPECT_EQ(result.config.settings.hash_seed, 7U);
}

TEST(Reload, ATokenIsComparedByWhatItIsAndNotByHowItIsShown) {
    Config running;
    running.http.token = "one-token-of-the-tests";
    Config fresh;
    fresh.http.token = "two-token-of-the-tests";

    EXPECT_THAT(reload(running, fresh).changed, ElementsAre("http.token"));
    EXPECT_THAT(reload(running, running).changed, IsEmpty());
}

TEST(Reload, EachKeyThatIsTakenOverHasItsNewValue) {
    for (const Key& key : all_keys()) {
        Config fresh;
        if (const auto* number = std::get_if<NumberField>(&key.field)) {
            number->write(fresh, number->read(fresh) == number->min ? number->max : number->min);
        } else if (const auto* time = std::get_if<TimeField>(&key.field)) {
            time->write(fresh, time->read(fresh) == time->min ? time->max : time->min);
        } else if (const auto* is_on = std::get_if<SwitchField>(&key.field)) {
            is_on->write(fresh, !is_on->read(fresh));
        } else {
            continue;
        }
        const Reload result = reload(Config{}, fresh);
        ASSERT_EQ(result.changed.size() + result.kept.size(), 1U) << key.path();
        const Config& expected = result.kept.empty() ? fresh : Config{};
        EXPECT_EQ(toml_value(key, result.config), toml_value(key, expected)) << key.path();
    }
}

}  // namespace
}  // namespace reginfo
