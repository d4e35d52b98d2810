/// @file
/// Messages out of a stream, however it was cut, and where a stream cannot be followed any more.

#include "core/sip/stream_framer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace reginfo::sip {
namespace {

using testing::ElementsAre;

const std::string kFirst = "PUBLISH sip:a SIP/2.0\r\nContent-Length: 4\r\n\r\nbody";
const std::string kSecond = "OPTIONS sip:a SIP/2.0\r\nTo: x\r\n\r\n";

/// Each frame as one text: "ping", a message's bytes, or "broken: error: bytes".
std::vector<std::string> frames_of(
    std::string_view stream,
    std::size_t piece = 1 << 20,
    const ParseLimits& limits = {}
) {
    StreamFramer framer(limits);
    std::vector<std::string> frames;
    while (!stream.empty()) {
        const std::size_t size = std::min(piece, stream.size());
        framer.push(stream.substr(0, size));
        stream.remove_prefix(size);
        while (const auto frame = framer.pop()) {
            switch (frame->kind) {
                case StreamFramer::Frame::Kind::message:
                    frames.emplace_back(frame->bytes);
                    break;
                case StreamFramer::Frame::Kind::ping:
                    frames.emplace_back("ping");
                    break;
                case StreamFramer::Frame::Kind::broken:
                    frames.push_back(
                        "broken: " + std::string(text_of(frame->error)) + ": " +
                        std::string(frame->bytes)
                    );
                    break;
            }
        }
    }
    return frames;
}

TEST(StreamFramer, CutsMessagesHoweverTheyArrive) {
    const std::string stream = kFirst + "\r\n" + kSecond + "\r\n\r\n" + kFirst + kSecond;
    for (std::size_t piece = 1; piece <= stream.size(); ++piece) {
        EXPECT_THAT(frames_of(stream, piece), ElementsAre(kFirst, kSecond, "ping", kFirst, kSecond))
            << piece;
    }
}

TEST(StreamFramer, OnlyTwoCrlfAreAPing) {
    EXPECT_THAT(frames_of("\r\n\r\n"), ElementsAre("ping"));
    EXPECT_THAT(frames_of("\r\n\r\n\r\n\r\n\r\n" + kSecond), ElementsAre("ping", "ping", kSecond));
    EXPECT_THAT(frames_of("\r\n" + kSecond), ElementsAre(kSecond));
    EXPECT_THAT(frames_of("\n\n\r" + kSecond), ElementsAre(kSecond));
    EXPECT_THAT(frames_of("\r\n\r"), ElementsAre());
}

TEST(StreamFramer, FindsContentLengthInAnyForm) {
    for (const std::string_view field :
         {"l: 4", "CONTENT-LENGTH : 0004", "Content-Length:\r\n 4", "L:4\r\nContent-Length: 4"}) {
        const std::string message =
            "OPTIONS sip:a SIP/2.0\r\n" + std::string(field) + "\r\n\r\nbody";
        EXPECT_THAT(frames_of(message + kSecond), ElementsAre(message, kSecond)) << field;
    }
}

TEST(StreamFramer, ALineThatOnlyLooksLikeContentLengthIsNone) {
    const std::string message =
        "OPTIONS sip:a SIP/2.0\r\nContent-Lengthy: 4\r\nX: a\r\n Content-Length: 4\r\nl\r\n\r\n";
    EXPECT_THAT(frames_of(message + kSecond), ElementsAre(message, kSecond));
}

TEST(StreamFramer, ABadContentLengthBreaksFraming) {
    for (const std::string_view field :
         {"l: -1", "l: x", "l: 1\r\nl: 2", "l: 99999999999999999999"}) {
        const std::string head = "OPTIONS sip:a SIP/2.0\r\n" + std::string(field) + "\r\n\r\n";
        EXPECT_THAT(frames_of(head + kSecond), ElementsAre("broken: none: " + head)) << field;
        Message message;
        EXPECT_EQ(parse_message(head, {}, message), ParseError::none);
        EXPECT_EQ(message.defect, "Bad Content-Length") << field;
    }
}

TEST(StreamFramer, ABodyOverTheLimitBreaksFramingAtTheHead) {
    ParseLimits limits;
    limits.body_bytes = 3;
    const std::string head = kFirst.substr(0, kFirst.size() - 4);
    for (const std::size_t piece : {1U, 1000U}) {
        EXPECT_THAT(
            frames_of(kSecond + kFirst, piece, limits),
            ElementsAre(kSecond, "broken: body too large: " + head)
        );
    }
}

TEST(StreamFramer, AHeadOverTheLimitBreaksFraming) {
    ParseLimits limits;
    limits.header_bytes = kSecond.size();
    EXPECT_THAT(frames_of(kSecond, 1, limits), ElementsAre(kSecond));
    limits.header_bytes = kSecond.size() - 1;
    for (const std::size_t piece : {1U, 7U, 1000U}) {
        EXPECT_THAT(
            frames_of(kSecond + kSecond, piece, limits),
            ElementsAre("broken: head too large: " + kSecond.substr(0, kSecond.size() - 1))
        );
    }
}

TEST(StreamFramer, AfterABreakNothingComesAndNothingIsKept) {
    ParseLimits limits;
    limits.header_bytes = 4;
    StreamFramer framer(limits);
    framer.push("abcdef");
    EXPECT_EQ(framer.pop()->kind, StreamFramer::Frame::Kind::broken);
    framer.push(kSecond);
    EXPECT_FALSE(framer.pop());
    EXPECT_EQ(framer.buffered(), 0U);
}

TEST(StreamFramer, BufferedIsWhatWasNotPopped) {
    StreamFramer framer{ParseLimits{}};
    framer.push(kFirst + "OPT");
    EXPECT_EQ(framer.buffered(), kFirst.size() + 3);
    framer.pop();
    EXPECT_EQ(framer.buffered(), 3U);
    framer.push("IONS sip:a SIP/2.0\r\n\r\n");
    EXPECT_EQ(framer.pop()->bytes, "OPTIONS sip:a SIP/2.0\r\n\r\n");
}

// Quadratic work on this stream would be 10^12 steps.
TEST(StreamFramer, AMegabyteByteByByteIsLinearWork) {
    ParseLimits limits;
    limits.header_bytes = 1 << 20;
    const std::string message =
        "OPTIONS sip:a SIP/2.0\r\nX: " + std::string((1 << 20) - 100, '\n' + 90) + "\r\n\r\n";
    EXPECT_THAT(frames_of(message, 1, limits), ElementsAre(message));
    EXPECT_EQ(frames_of(std::string(1 << 20, '\n'), 1 << 20).size(), 0U);
}

}  // namespace
}  // namespace reginfo::sip
