/// @file

#include "core/event/profile.hpp"

#include "core/sip/headers.hpp"

namespace reginfo {

std::string_view text_of(Profile profile) {
    switch (profile) {
        case Profile::standard:
            return "standard";
        case Profile::kamailio:
            return "kamailio";
    }
    return "standard";
}

std::optional<Profile> profile_named(std::string_view text) {
    for (const Profile profile : {Profile::standard, Profile::kamailio}) {
        if (text == text_of(profile)) return profile;
    }
    return std::nullopt;
}

const ProfileTraits& traits_of(Profile profile) {
    static constexpr ProfileTraits kStandard{};
    static constexpr ProfileTraits kKamailio{
        .kamailio_documents = true,
        .empty_body = true,
        .survives_timeout = true,
    };
    return profile == Profile::kamailio ? kKamailio : kStandard;
}

Profile profile_for(std::string_view user_agent) {
    constexpr std::string_view kKamailio = "kamailio";
    return sip::equal_ignoring_case(user_agent.substr(0, kKamailio.size()), kKamailio)
               ? Profile::kamailio
               : Profile::standard;
}

}  // namespace reginfo
