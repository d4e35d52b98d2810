/// @file
/// From bytes to a Message, without copying.
#pragma once

#include "core/sip/message.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace reginfo::sip {

struct ParseLimits {
    std::size_t headers = 512;          ///< header fields a message
    std::size_t header_bytes = 65'536;  ///< start line and header fields together
    std::size_t body_bytes = 1'048'576;
};

/// Why bytes are not a message that can be answered.
enum class ParseError : std::uint8_t {
    none,
    empty,             ///< only CR, LF, NUL or blanks: a keep-alive (RFC 5626 §4.4)
    bad_start_line,    ///< neither request line nor status line
    no_end_of_head,    ///< no empty line after the header fields
    too_many_headers,  ///< over ParseLimits::headers
    head_too_large,
    body_too_large,
};

std::string_view text_of(ParseError error);

/// Parses one whole message: a datagram, or a frame of StreamFramer.
///
/// Returns  `none` and the message. A message with a Message::defect must be answered with 400. The
///          body ends at Content-Length (bytes beyond are ignored, RFC 3261 §18.3), or at the end
///          of `bytes` without one. Start line and fields may end in CRLF or LF. Blank lines before
///          the start line are skipped (§7.5). The SIP version is not checked.
/// After an error other than `empty` and `bad_start_line`, `message` has the start line and the
/// header fields read so far, so that a refusal can be sent.
ParseError parse_message(std::string_view bytes, const ParseLimits& limits, Message& message);

}  // namespace reginfo::sip
