/// @file

#include "core/event/watcher/profile.hpp"

#include "core/base/ascii.hpp"
#include "core/sip/headers.hpp"

#include <algorithm>
#include <array>

namespace reginfo {
namespace {

constexpr std::array<std::string_view, kProfiles>
    kProfileNames{"standard", "kamailio", "partial", "ims", "pcscf", "linphone"};

constexpr std::array<ProfileTraits, kProfiles> kTraits = [] {
    std::array<ProfileTraits, kProfiles> all{};
    const auto of = [&](Profile profile) -> ProfileTraits& {
        return all[static_cast<std::size_t>(profile)];
    };
    of(Profile::kamailio) = {
        .documents = DocumentKind::kamailio,
        .empty_body = true,
        .entity_tags = false,
        .survives_timeout = true,
        .failures_max = 0,  // Kamailio does not subscribe again
    };
    of(Profile::partial) = {.partial = true};
    of(Profile::ims) = {
        .documents = DocumentKind::ims,
        .needs_contact = true,
        .one_per_contact = true,
        .retry_after_max = Seconds{10},
    };
    of(Profile::pcscf) = of(Profile::ims);
    of(Profile::pcscf).documents = DocumentKind::pcscf;
    of(Profile::linphone) = {.documents = DocumentKind::linphone, .always_body = true};
    return all;
}();

bool begins_with(std::string_view text, std::string_view prefix) {
    return equal_ignoring_case(text.substr(0, prefix.size()), prefix);
}

}  // namespace

std::string_view text_of(Profile profile) {
    return kProfileNames[static_cast<std::size_t>(profile)];
}

std::optional<Profile> profile_named(std::string_view text) {
    const auto name = std::find(kProfileNames.begin(), kProfileNames.end(), text);
    if (name == kProfileNames.end()) return std::nullopt;
    return static_cast<Profile>(name - kProfileNames.begin());
}

const ProfileTraits& traits_of(Profile profile) {
    return kTraits[static_cast<std::size_t>(profile)];
}

bool ProfileRule::applies_to(const WatcherFacts& watcher) const {
    return (!network || network->contains(watcher.address)) &&
           begins_with(watcher.user_agent, user_agent) &&
           (from_domain.empty() || equal_ignoring_case(from_domain, watcher.from_domain));
}

Profile profile_for(std::span<const ProfileRule> rules, const WatcherFacts& watcher) {
    for (const ProfileRule& rule : rules) {
        if (rule.applies_to(watcher)) return rule.profile;
    }
    constexpr std::array<std::string_view, 2> kReadAsKamailio{"kamailio", "OpenSIPS"};
    const bool reads_as_kamailio =
        std::any_of(kReadAsKamailio.begin(), kReadAsKamailio.end(), [&](std::string_view name) {
            return begins_with(watcher.user_agent, name);
        });
    return reads_as_kamailio ? Profile::kamailio : Profile::standard;
}

}  // namespace reginfo
