/// @file
/// RFC 5626 §3.5.1, §4.4.1 and RFC 3261 §18.3: a byte stream becomes messages and keep-alives, and
/// they reach the engine whole.

#include "core/sip/stream_framer.hpp"
#include "tests/wire/wire_fixture.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace reginfo::test {
namespace {

using Kind = sip::StreamFramer::Frame::Kind;

/// One TCP connection of a peer, cut into segments as a test likes.
class StreamTest : public WireTest {
protected:
    StreamTest() { flow = tcp_flow("198.51.100.1", 40000, 7); }

    void send(std::string_view segment) {
        framer.push(segment);
        while (const auto frame = framer.pop()) {
            switch (frame->kind) {
                case Kind::message:
                    world.receive(flow, frame->bytes);
                    break;
                case Kind::ping:
                    ++pings;
                    break;
                case Kind::broken:
                    broken = true;
                    break;
            }
        }
    }

    std::vector<int> statuses() {
        std::vector<int> all;
        for (const Sent& sent : world.take()) all.push_back(sent.status());
        return all;
    }

    sip::StreamFramer framer{{}};
    int pings = 0;
    bool broken = false;
};

using Rfc3261Section7_5Stream = StreamTest;
using Rfc3261Section18_3Stream = StreamTest;
using Rfc5626Section3_5_1 = StreamTest;

TEST_F(Rfc5626Section3_5_1, TwoCrlfBetweenMessagesAreAPing) {
    send("\r\n\r\n");
    EXPECT_EQ(pings, 1);
    send(options().text() + "\r\n\r\n" + options().text());
    EXPECT_EQ(pings, 2);
    EXPECT_EQ(statuses(), (std::vector{200, 200}));
}

TEST_F(Rfc5626Section3_5_1, APingMayComeInPieces) {
    for (const char c : std::string_view("\r\n\r\n")) {
        EXPECT_EQ(pings, 0);
        send(std::string_view(&c, 1));
    }
    EXPECT_EQ(pings, 1);
}

TEST_F(Rfc3261Section7_5Stream, ASingleCrlfIsSkippedAndNoPing) {
    send("\r\n" + options().text());
    EXPECT_EQ(pings, 0);
    EXPECT_EQ(statuses(), (std::vector{200}));
}

TEST_F(Rfc5626Section3_5_1, TwoCrlfWithinABodyAreNoPing) {
    RequestText request = publish();
    request.body += "\r\n\r\n";
    send(request.text());
    EXPECT_EQ(pings, 0);
    EXPECT_EQ(statuses(), (std::vector{200}));
}

TEST_F(Rfc3261Section18_3Stream, MessagesAreCutByContentLengthHoweverTheyAreSegmented) {
    for (const std::size_t size : {1U, 2U, 7U, 64U, 100'000U}) {
        const std::string all = publish().text() + options().text() + publish().text();
        for (std::size_t at = 0; at < all.size(); at += size) {
            send(std::string_view(all).substr(at, size));
        }
        EXPECT_EQ(statuses(), (std::vector{200, 200, 200})) << size;
    }
}

TEST_F(Rfc3261Section18_3Stream, PipelinedRequestsAreAnsweredInOrder) {
    RequestText first = options();
    RequestText second = publish();
    second.event = "presence";
    send(first.text() + second.text() + options().text());
    EXPECT_EQ(statuses(), (std::vector{200, 489, 200}));
}

TEST_F(Rfc3261Section18_3Stream, WithoutContentLengthThereIsNoBody) {
    const std::string text = with(options().text(), "Content-Length: 0\r\n", "");
    send(text + options().text());
    EXPECT_EQ(statuses(), (std::vector{200, 200}));
}

TEST_F(Rfc3261Section18_3Stream, ContentLengthsThatSayNothingBreakTheStream) {
    for (const char* length : {"-5", "x", "0\r\nl: 1"}) {
        framer = sip::StreamFramer{{}};
        broken = false;
        send(with(options().text(), "Content-Length: 0", std::string("Content-Length: ") + length));
        EXPECT_TRUE(broken) << length;
        send(options().text());
        EXPECT_TRUE(statuses().empty());
    }
}

TEST_F(Rfc3261Section18_3Stream, AHeadOrABodyWithoutEndBreaksTheStreamAtItsBound) {
    send("OPTIONS sip:a@b SIP/2.0\r\nX: " + std::string(70'000, 'x'));
    EXPECT_TRUE(broken);
    framer = sip::StreamFramer{{}};
    broken = false;
    send(with(options().text(), "Content-Length: 0", "Content-Length: 9999999"));
    EXPECT_TRUE(broken) << "known from the head on";
}

}  // namespace
}  // namespace reginfo::test
