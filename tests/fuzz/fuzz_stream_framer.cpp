/// @file
/// However a stream is split, the framer must return the same frames, and the parser must agree on
/// each message. Input: byte 0 is the size of the pieces less one; the rest
/// is the stream.

#include "core/sip/parser.hpp"
#include "core/sip/stream_framer.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace reginfo::sip;

constexpr ParseLimits kLimits{.headers = 1000, .header_bytes = 512, .body_bytes = 256};

struct Frame {
    StreamFramer::Frame::Kind kind = StreamFramer::Frame::Kind::ping;
    ParseError error = ParseError::none;
    std::string bytes;

    friend bool operator==(const Frame&, const Frame&) = default;
};

std::vector<Frame> frame(std::string_view stream, std::size_t piece) {
    StreamFramer framer(kLimits);
    std::vector<Frame> frames;
    while (!stream.empty()) {
        const std::size_t size = std::min(piece, stream.size());
        framer.push(stream.substr(0, size));
        stream.remove_prefix(size);
        while (const auto popped = framer.pop()) {
            frames.push_back({popped->kind, popped->error, std::string(popped->bytes)});
        }
        if (framer.buffered() > kLimits.header_bytes + kLimits.body_bytes) std::abort();
    }
    return frames;
}

void check_message(std::string_view bytes) {
    Message message;
    switch (parse_message(bytes, kLimits, message)) {
        case ParseError::none:
            if (message.defect == "Bad Content-Length") std::abort();
            if (message.defect == "Body shorter than Content-Length") std::abort();
            if (message.body.data() + message.body.size() != bytes.data() + bytes.size()) {
                std::abort();
            }
            return;
        case ParseError::bad_start_line:
        case ParseError::empty:  // blanks and NULs up to an empty line
            return;
        case ParseError::no_end_of_head:
        case ParseError::too_many_headers:
        case ParseError::head_too_large:
        case ParseError::body_too_large:
            std::abort();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view stream(reinterpret_cast<const char*>(data) + 1, size - 1);
    const std::size_t piece = std::size_t{data[0]} + 1;
    const std::vector<Frame> frames = frame(stream, stream.size() + 1);
    if (frames != frame(stream, piece) || frames != frame(stream, 1)) std::abort();
    for (const Frame& one : frames) {
        if (one.kind == StreamFramer::Frame::Kind::message) check_message(one.bytes);
    }
    return 0;
}
