/// @file
/// Which profile a watcher gets: by rules in their order, else by its User-Agent.

#include "core/event/watcher/profile.hpp"
#include "tests/support/engine_fixture.hpp"

#include <gtest/gtest.h>

namespace reginfo::test {
namespace {

WatcherFacts facts(
    std::string_view address,
    std::string_view user_agent = "",
    std::string_view from_domain = ""
) {
    return {IpAddress::parse(address).value(), user_agent, from_domain};
}

TEST(ProfileRules, WithoutThemTheUserAgentDecides) {
    EXPECT_EQ(profile_for({}, facts("192.0.2.1", "Kamailio (5.6)")), Profile::kamailio);
    EXPECT_EQ(profile_for({}, facts("192.0.2.1", "OpenSIPS (3.4.2)")), Profile::kamailio);
    EXPECT_EQ(profile_for({}, facts("192.0.2.1", "kamaili")), Profile::standard);
    EXPECT_EQ(profile_for({}, facts("192.0.2.1")), Profile::standard);
}

TEST(ProfileRules, TheFirstThatAppliesCounts) {
    const std::vector<ProfileRule> rules{
        {.profile = Profile::linphone, .user_agent = "Linphone"},
        {.profile = Profile::ims, .network = Network::parse("10.0.0.0/8")},
        {.profile = Profile::partial},
    };
    EXPECT_EQ(profile_for(rules, facts("10.1.1.1", "LINPHONE/5")), Profile::linphone);
    EXPECT_EQ(profile_for(rules, facts("10.1.1.1", "phone")), Profile::ims);
    EXPECT_EQ(profile_for(rules, facts("192.0.2.1", "kamailio")), Profile::partial);
}

TEST(ProfileRules, AllConditionsOfOneMustHold) {
    const std::vector<ProfileRule> rules{
        {.profile = Profile::ims,
         .network = Network::parse("10.0.0.0/8"),
         .user_agent = "UE",
         .from_domain = "ims.example"},
    };
    EXPECT_EQ(profile_for(rules, facts("10.1.1.1", "ue-1", "IMS.example")), Profile::ims);
    EXPECT_EQ(profile_for(rules, facts("11.1.1.1", "ue-1", "ims.example")), Profile::standard);
    EXPECT_EQ(profile_for(rules, facts("10.1.1.1", "u", "ims.example")), Profile::standard);
    EXPECT_EQ(profile_for(rules, facts("10.1.1.1", "ue-1", "x.ims.example")), Profile::standard);
}

TEST(ProfileRules, EachProfileIsKnownByItsName) {
    for (std::size_t i = 0; i < kProfiles; ++i) {
        const auto profile = static_cast<Profile>(i);
        EXPECT_EQ(profile_named(text_of(profile)), profile);
    }
    EXPECT_EQ(profile_named("strict"), std::nullopt);
}

TEST(ProfileRules, AreAppliedToTheSubscribe) {
    Settings settings = test_settings();
    settings.profile_rules = {{.profile = Profile::linphone, .from_domain = "example.org"}};
    World world(settings);
    Watcher watcher("w1");
    watcher.subscribe(world);
    EXPECT_EQ(world.stats().subscriptions_by_profile[index_of(Profile::linphone)], 1U);
}

}  // namespace
}  // namespace reginfo::test
