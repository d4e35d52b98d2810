/// @file
/// Rules for the profile of watchers as the configuration writes them.

#include "app/profile_rule.hpp"

#include <gtest/gtest.h>

#include <string>

namespace reginfo {
namespace {

TEST(ProfileRule, WhatIsReadIsWrittenTheSame) {
    for (const char* text :
         {"kamailio",
          "ims network=10.0.0.0/8 from_domain=ims.example",
          "linphone user_agent=Linphone Desktop",
          "standard network=2001:db8::/32"}) {
        const auto rule = parse_profile_rule(text);
        ASSERT_TRUE(rule) << text << " " << rule.error().why;
        EXPECT_EQ(to_string(*rule), text);
    }
}

TEST(ProfileRule, WhatIsNoneIsRefusedWithTheReason) {
    for (const char* text : {"", "nobody", "ims network=10.0.0.0/33", "ims color=red", "ims x"}) {
        const auto rule = parse_profile_rule(text);
        ASSERT_FALSE(rule) << text;
        EXPECT_FALSE(rule.error().why.empty());
    }
}

TEST(ProfileRule, AConditionHasAtMost255Characters) {
    for (const std::string condition : {"user_agent=", "from_domain="}) {
        const std::string rule = "ims " + condition;
        EXPECT_TRUE(parse_profile_rule(rule + std::string(255, 'a')));
        EXPECT_FALSE(parse_profile_rule(rule + std::string(256, 'a')));
    }
}

}  // namespace
}  // namespace reginfo
