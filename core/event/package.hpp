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
#include <string>
#include <string_view>

namespace reginfo {

/// The canonical AOR of the Request-URI, in `text`. Rejects 404 for one that cannot be an AOR.
Result<std::string_view> aor_of(const std::optional<sip::Uri>& request_uri, std::string& text);

/// The part of the Request-URI that identifies the AOR, as the watcher wrote it. Of a tel URI: the
/// number, and the context of a local number (RFC 3966 §5.1.5).
std::string aor_text_of(std::string_view request_uri);

/// Rejects 489 for no Event or another package, 400 for a malformed one.
Result<sip::EventHeader> event_of(const sip::Message& request);

/// The granted expiration interval; 0 if the request has 0. Rejects 400 for a text that is no
/// number, 423 below the minimum.
Result<Seconds> expires_of(const sip::Message& request, const ExpiryPolicy& policy);

/// The properties of a watcher in its SUBSCRIBE. Views into the message.
WatcherFacts facts_of(const sip::Message& request, const IpAddress& address);

}  // namespace reginfo
