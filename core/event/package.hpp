/// @file
/// The checks that PUBLISH and SUBSCRIBE share (RFC 3903 §6, RFC 6665 §4.2.1).
#pragma once

#include "core/base/time.hpp"
#include "core/event/watcher/profile.hpp"
#include "core/settings.hpp"
#include "core/sip/headers.hpp"
#include "core/sip/message.hpp"
#include "core/sip/uri.hpp"
#include "core/transaction/reply.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace reginfo {

/// The canonical AOR of the Request-URI, in `text`; nothing if it can be none.
std::optional<std::string_view> aor_of(
    const std::optional<sip::Uri>& request_uri,
    std::string& text
);

/// The part of the Request-URI that identifies the AOR, as the watcher wrote it. Of a tel URI: the
/// number, and the context of a local number (RFC 3966 §5.1.5).
std::string aor_text_of(std::string_view request_uri);
/// @param uri  the same, parsed
std::string aor_text_of(std::string_view request_uri, const std::optional<sip::Uri>& uri);

/// Rejects 489 for no Event or another package, 400 for a malformed one.
Result<sip::EventHeader> event_of(const sip::Message& request);

/// The granted expiration interval; 0 if the request has 0. Rejects 400 for a text that is no
/// number, 423 below the minimum.
Result<Seconds> expires_of(const sip::Message& request, const ExpiryPolicy& policy);

/// The profile of the watcher that sends this SUBSCRIBE from that address.
Profile profile_of(
    const sip::Message& request,
    const IpAddress& address,
    std::span<const ProfileRule> rules
);

}  // namespace reginfo
