/// @file
/// From messages to bytes: each function appends to a buffer of the caller.
#pragma once

#include "core/base/address.hpp"
#include "core/sip/headers.hpp"
#include "core/sip/message.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace reginfo::sip {

/// The default reason phrase (RFC 3261 §21, RFC 3903 §11.2, RFC 6665 §8.3); "Unknown" otherwise.
std::string_view reason_of(int status);

void append_number(std::string& out, std::uint64_t value);

/// Appends "Name: value\r\n". @pre `value` has no CR or LF
void append_header(std::string& out, std::string_view name, std::string_view value);
void append_header(std::string& out, std::string_view name, std::uint64_t value);

/// Begins a response: status line; all Via values in order, the top one with `received` and `rport`
/// where RFC 3261 §18.2.1 and RFC 3581 §4 ask for them; From; To, with `to_tag` if it had none;
/// Call-ID; CSeq; Timestamp if the request has one (§8.2.6). Fields that the request lacks are left
/// out. A value with CR or LF cannot occur. append_header can follow.
///
/// @param reason  a reason phrase of one line; empty for the default
/// @param source  the address that the request came from
void begin_response(
    std::string& out,
    const Message& request,
    const Via& top_via,
    const Endpoint& source,
    int status,
    std::string_view reason,
    std::string_view to_tag
);

/// Copies all fields of that name in order: Record-Route into a 2xx to SUBSCRIBE (§12.1.1).
void copy_headers(std::string& out, const Message& request, HeaderName name);

/// Content-Length and the empty line.
void end_head(std::string& out, std::size_t content_length);

}  // namespace reginfo::sip
