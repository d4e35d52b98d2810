/// @file
/// The checks of a request that do not depend on its method (RFC 3261 §8.1.1, §8.2).
#pragma once

#include "core/event/package.hpp"
#include "core/outbox.hpp"
#include "core/sip/headers.hpp"
#include "core/sip/message.hpp"
#include "core/transaction/responder.hpp"
#include "core/transaction/server_transactions.hpp"

#include <optional>

namespace reginfo {

/// The first Via of the message; nothing if it cannot be answered.
std::optional<sip::Via> top_via_of(const sip::Message& message);

/// Reads the mandatory header fields.
///
/// Rejects  505 another SIP version; 400 a field that is missing, repeated or malformed (the reason
///          phrase has its name), a CSeq of another method, a Message::defect.
Result<Request> read_request(
    const sip::Message& message,
    const Flow& flow,
    const sip::Via& top_via,
    const TransactionKey& key
);

/// RFC 3261 §8.2.1 to §8.2.3, for a method that is served.
///
/// Rejects  416 a Request-URI of a scheme other than sip, sips, tel; 420 an extension that is
///          required; 415 a body of an unsupported type or encoding, unless it may be ignored.
std::optional<Reply> inspect(const Request& request);

}  // namespace reginfo
