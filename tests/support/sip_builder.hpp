/// @file
/// SIP requests, responses and reginfo bodies as text, from their pieces.
#pragma once

#include "core/sip/message.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reginfo::test {

/// A request that a test changes until it is what it needs. Every field but `via` is the value of
/// one header field; an empty one is left out.
struct RequestText {
    std::string method = "OPTIONS";
    std::string uri = "sip:alice@example.org";
    std::string via = "SIP/2.0/UDP 198.51.100.1:5060;branch=z9hG4bK1;rport";
    std::string from = "<sip:peer@example.org>;tag=f1";
    std::string to = "<sip:alice@example.org>";
    std::string call_id = "call-1";
    std::string cseq = "1";  ///< the number; the method is added
    std::string event;
    std::string expires;
    std::string contact;
    std::string content_type;
    std::vector<std::string> more;  ///< whole header lines
    std::string body;

    std::string text() const;
};

/// One <contact> to publish.
struct ContactText {
    std::string uri;
    std::string callid = "c1";
    std::optional<std::uint32_t> cseq = 1;
    std::optional<std::int64_t> expires = 3600;
    std::string state = "active";
    std::string event = "registered";
    std::string attributes = {};  ///< more, each with a leading blank
    std::string children = {};    ///< behind <uri>
};

/// A reginfo document with one registration.
struct BodyText {
    std::string aor = "sip:alice@example.org";
    std::vector<ContactText> contacts = {};
    std::string state = "full";
    std::string registration_state = "active";
    std::string extensions = {};  ///< behind the contacts, in the registration
    std::string more = {};        ///< behind the registration

    std::string text() const;
};

/// A response with the fields that tie it to its request (RFC 3261 §8.2.6.2).
/// @param more  whole header lines
std::string response_text(
    const sip::Message& request,
    int status,
    const std::vector<std::string>& more = {}
);

/// A branch that no other call has returned, for a new transaction.
std::string next_branch();

}  // namespace reginfo::test
