/// @file
/// A rule for the profile of watchers, as the configuration writes it: a profile's name and
/// conditions, "ims network=10.0.0.0/8 from_domain=ims.example".
#pragma once

#include "core/event/watcher/profile.hpp"

#include <boost/system/result.hpp>

#include <string>
#include <string_view>

namespace reginfo {

/// Why a text is no rule: "names no profile".
struct ProfileRuleError {
    std::string why;
};

/// Words without '=' behind a user_agent belong to it: "linphone user_agent=Linphone Desktop".
boost::system::result<ProfileRule, ProfileRuleError> parse_profile_rule(std::string_view text);

/// What parse_profile_rule reads back.
std::string to_string(const ProfileRule& rule);

}  // namespace reginfo
