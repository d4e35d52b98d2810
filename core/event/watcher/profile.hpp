/// @file
/// What one watcher gets, and how: watchers differ (RULES.md, "Watchers differ").
#pragma once

#include "core/base/address.hpp"
#include "core/base/network.hpp"
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

/// The kinds of documents of one AOR for one state.
enum class DocumentKind : std::uint8_t {
    standard,
    kamailio,  ///< only what `reginfo_handle_notify` accepts, in its terms
    ims,       ///< all registrations of the implicit registration set (TS 24.229 5.4.2.1.2)
    pcscf,     ///< as ims, with the events that Kamailio accepts
    linphone,  ///< an AOR that nobody published is `terminated`
};

/// Whether documents list all registrations of an implicit registration set (TS 24.229 5.4.2.1.2).
constexpr bool tells_whole_set(DocumentKind kind) {
    return kind == DocumentKind::ims || kind == DocumentKind::pcscf;
}

/// The behaviour of a profile.
struct ProfileTraits {
    DocumentKind documents = DocumentKind::standard;
    bool empty_body = false;        ///< no body if no contact would be listed
    bool always_body = false;       ///< a body even where RFC 5839 would suppress it
    bool entity_tags = true;        ///< SIP-ETag and Suppress-If-Match (RFC 5839)
    bool partial = false;           ///< state="partial" once a full document is acknowledged
    bool survives_timeout = false;  ///< an unanswered NOTIFY does not end the subscription
    /// So many NOTIFYs in a row that fail with 500 or 503, at least 30 s apart, end the
    /// subscription: a proxy has no route to the watcher, and gives no Retry-After. 0: no bound.
    std::uint8_t failures_max = 4;
    /// Only a registered AOR can be watched: 480 to an initial SUBSCRIBE, and the NOTIFY of the end
    /// of the last contact ends the subscription (TS 24.229 5.4.2.1.2).
    bool needs_contact = false;
    /// A new subscription ends an older one to the same AOR with the same Contact.
    bool one_per_contact = false;
    /// In a 503: a longer one sends an IMS phone to another network (RULES.md, "IMS phones").
    Seconds retry_after_max{60};
};

const ProfileTraits& traits_of(Profile profile);

/// The properties of a watcher by which rules choose a profile.
struct WatcherFacts {
    IpAddress address;
    std::string_view user_agent;
    std::string_view from_domain;  ///< of the From URI; empty if it has none
};

/// The profile of watchers that meet all of the given conditions.
struct ProfileRule {
    Profile profile = Profile::standard;
    std::optional<Network> network = {};  ///< has the source address of the SUBSCRIBE
    std::string user_agent = {};          ///< prefix of User-Agent; case does not matter
    std::string from_domain = {};         ///< the whole host of the From URI; case does not matter

    bool applies_to(const WatcherFacts& watcher) const;

    friend bool operator==(const ProfileRule&, const ProfileRule&) = default;
};

/// The profile of the first rule that applies. Else `kamailio` for a User-Agent that begins with
/// `kamailio`, or with `OpenSIPS`, whose pua_reginfo reads documents in the same way. Else
/// `standard`.
Profile profile_for(std::span<const ProfileRule> rules, const WatcherFacts& watcher);

}  // namespace reginfo
