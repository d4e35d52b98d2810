/// @file
/// How a watcher is spoken to: watchers differ in what they can digest (DESIGN.md).
#pragma once

#include "core/time.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace reginfo {

enum class Profile : std::uint8_t { standard, kamailio };
inline constexpr std::size_t kProfiles = static_cast<std::size_t>(Profile::kamailio) + 1;

std::string_view text_of(Profile profile);
std::optional<Profile> profile_named(std::string_view text);

/// What a profile changes.
struct ProfileTraits {
    bool kamailio_documents = false;  ///< only what `reginfo_handle_notify` takes, in its terms
    bool empty_body = false;          ///< no body where no contact would be listed
    bool survives_timeout = false;    ///< an unanswered NOTIFY does not end the subscription
};

const ProfileTraits& traits_of(Profile profile);

/// The profile of a SUBSCRIBE with this User-Agent.
Profile profile_for(std::string_view user_agent);

}  // namespace reginfo
