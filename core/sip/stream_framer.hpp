/// @file
/// Cuts a byte stream into SIP messages (RFC 3261 §18.3), however it was segmented.
#pragma once

#include "core/sip/parser.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace reginfo::sip {

/// One connection's input. Work is linear in the bytes pushed: no byte of a head is scanned twice
/// for its end. If all is popped before each push, it holds at most twice the bytes of one message
/// within the limits, plus one push.
class StreamFramer {
public:
    explicit StreamFramer(const ParseLimits& limits) : limits_(limits) {}

    struct Frame {
        enum class Kind : std::uint8_t {
            message,  ///< `bytes` is one whole message
            ping,     ///< CRLFCRLF between messages: answer CRLF (RFC 5626 §3.5.1)
            broken,   ///< framing is lost; `bytes` is the head as far as it came, to be
                      ///< refused for `error`, or where that is `none` for the defect that
                      ///< parse_message finds; pop gives nothing more after this
        };
        Kind kind = Kind::message;
        std::string_view bytes;  ///< valid until the next push or pop
        ParseError error = ParseError::none;
    };

    /// Takes the next bytes of the stream.
    void push(std::string_view bytes);

    /// The next frame; nothing until more is pushed. Without Content-Length a message has no body.
    /// A Content-Length that is no number, or differs from another one, breaks framing.
    std::optional<Frame> pop();

    std::size_t buffered() const;

private:
    bool skip_line_ends();               ///< true if a ping was among them
    std::optional<Frame> find_length();  ///< sets length_ once the head is there
    Frame give_up(std::string_view head, ParseError error);

    ParseLimits limits_;
    std::string buffer_;
    std::size_t begin_ = 0;    ///< of what is not popped yet
    std::size_t scanned_ = 0;  ///< up to where the end of the head was looked for
    std::size_t length_ = 0;   ///< of the message at begin_, once its head is complete; 0 before
    bool broken_ = false;
};

}  // namespace reginfo::sip
