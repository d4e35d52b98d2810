/// @file
/// The checks that PUBLISH and SUBSCRIBE share (RFC 3903 §6, RFC 6665 §4.2.1).
#pragma once

#include "core/event/profile.hpp"
#include "core/settings.hpp"
#include "core/sip/headers.hpp"
#include "core/sip/message.hpp"
#include "core/sip/uri.hpp"
#include "core/time.hpp"
#include "core/transaction/server_transactions.hpp"

#include <boost/system/result.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace reginfo {

/// Either a T or the refusal to answer with. Never thrown; always looked at.
template <class T>
using Result = boost::system::result<T, Reply>;

Reply refusal(int status, std::string reason = {});

/// 503: too much waits for the store; worth another try very soon.
Reply refusal_for_now();

/// The canonical AOR of the Request-URI, in `text`. Rejects 404 for one that cannot be an AOR.
Result<std::string_view> aor_of(const std::optional<sip::Uri>& request_uri, std::string& text);

/// The Request-URI as the watcher wrote it, as far as it names the AOR: of a tel URI its number,
/// and the context without which a local number is none (RFC 3966 §5.1.5).
std::string aor_text_of(std::string_view request_uri);

/// Rejects 489 for no Event or another package, 400 for a malformed one.
Result<sip::EventHeader> event_of(const sip::Message& request);

/// The expiration interval granted: 0 if 0 was asked for. Rejects 400 for what is no number, 423
/// below the minimum.
Result<Seconds> expires_of(const sip::Message& request, const ExpiryPolicy& policy);

/// What the sender of a SUBSCRIBE shows of itself. Views into the message.
WatcherFacts facts_of(const sip::Message& request, const IpAddress& address);

}  // namespace reginfo
