/// @file
/// Cuts a byte stream into SIP messages (RFC 3261 §18.3), however the stream was segmented.
#pragma once

#include "core/sip/parser.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace reginfo::sip {

/// The input of one connection. Work is linear in the bytes pushed: no byte of a head is scanned
/// twice. If all frames are popped before each push, it holds at most twice the bytes of one
/// message within the limits, plus one push.
class StreamFramer {
public:
    explicit StreamFramer(const ParseLimits& limits) : limits_(limits) {}

    struct Frame {
        enum class Kind : std::uint8_t {
            message,  ///< `bytes` is one whole message
            ping,     ///< CRLFCRLF between messages: answer CRLF (RFC 5626 §3.5.1)
            broken,   ///< framing is lost. `bytes` is the head so far, to be refused for `error`,
                      ///< or if that is `none`, for the defect that parse_message finds. There
                      ///< are no more frames after this one
        };
        Kind kind = Kind::message;
        std::string_view bytes;  ///< valid until the next push or pop
        ParseError error = ParseError::none;
    };

    /// Takes the next bytes of the stream.
    void push(std::string_view bytes);

    /// The next frame; nothing until more bytes are pushed. Without Content-Length a message has no
    /// body. A Content-Length that is no number, or differs from another one, breaks framing.
    std::optional<Frame> pop();

    std::size_t buffered() const;

private:
    bool skip_line_ends();               ///< returns true if there was a ping
    std::optional<Frame> find_length();  ///< sets length_ once the head is complete
    Frame give_up(std::string_view head, ParseError error);

    ParseLimits limits_;
    std::string buffer_;
    std::size_t begin_ = 0;    ///< of the bytes not yet popped
    std::size_t scanned_ = 0;  ///< the head does not end before this
    std::size_t length_ = 0;   ///< of the message at begin_, once its head is complete; 0 before
    bool broken_ = false;
};

}  // namespace reginfo::sip
