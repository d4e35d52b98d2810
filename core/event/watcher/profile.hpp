/// @file
/// What one watcher gets, and how: watchers differ (RULES.md, "Watchers differ").
#pragma once

#include "core/base/address.hpp"
#include "core/base/time.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace reginfo {

enum class Profile : std::uint8_t { standard, kamailio, partial, ims, pcscf, linphone };
inline constexpr std::size_t kProfiles = static_cast<std::size_t>(Profile::linphone) + 1;

std::string_view text_of(Profile profile);
std::optional<Profile> profile_named(std::string_view text);

/// What the documents of one AOR differ in, besides the state that they tell.
enum class DocumentKind : std::uint8_t {
    standard,
    kamailio,  ///< only what `reginfo_handle_notify` takes, in its terms
    ims,       ///< all registrations of the implicit registration set (TS 24.229 5.4.2.1.2)
    pcscf,     ///< as ims, with the events that Kamailio knows
    linphone,  ///< an AOR that nobody published is `terminated`
};

/// Whether documents list all registrations of an implicit registration set (TS 24.229 5.4.2.1.2).
constexpr bool tells_whole_set(DocumentKind kind) {
    return kind == DocumentKind::ims || kind == DocumentKind::pcscf;
}

/// What a profile changes.
struct ProfileTraits {
    DocumentKind documents = DocumentKind::standard;
    bool empty_body = false;        ///< no body where no contact would be listed
    bool always_body = false;       ///< a body even where RFC 5839 would suppress it
    bool entity_tags = true;        ///< SIP-ETag and Suppress-If-Match (RFC 5839)
    bool partial = false;           ///< state="partial" once a full document is acknowledged
    bool survives_timeout = false;  ///< an unanswered NOTIFY does not end the subscription
    /// So many NOTIFYs in a row, at least 30 s apart, that fail with 500 or 503 (a proxy has lost
    /// the way to the watcher and does not say for how long) end the subscription; 0: any number
    /// is borne.
    std::uint8_t failures_max = 4;
    /// Only a registered AOR can be watched: 480 to an initial SUBSCRIBE, and the NOTIFY that tells
    /// the last contact's end ends the subscription (TS 24.229 5.4.2.1.2).
    bool needs_contact = false;
    /// A new subscription with a Contact that has one to this AOR already ends the older one.
    bool one_per_contact = false;
    /// In a 503: more sends an IMS phone to another network (RULES.md, "IMS phones").
    Seconds retry_after_max{60};
};

const ProfileTraits& traits_of(Profile profile);

/// What a SUBSCRIBE shows of its sender.
struct WatcherFacts {
    IpAddress address;
    std::string_view user_agent;
    std::string_view from_domain;  ///< of the From URI; empty if it has none
};

/// Which profile those watchers get that meet all conditions given.
struct ProfileRule {
    Profile profile = Profile::standard;
    std::optional<Network> network = {};  ///< that the SUBSCRIBE came from
    std::string user_agent = {};          ///< what User-Agent begins with, without regard to case
    std::string from_domain = {};  ///< the whole host of the From URI, without regard to case

    bool applies_to(const WatcherFacts& watcher) const;

    friend bool operator==(const ProfileRule&, const ProfileRule&) = default;
};

/// That of the first rule that applies; else `kamailio` for a User-Agent that begins so or with
/// `OpenSIPS`, whose pua_reginfo reads the same way, and `standard` for all others.
Profile profile_for(std::span<const ProfileRule> rules, const WatcherFacts& watcher);

}  // namespace reginfo
