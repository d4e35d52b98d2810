/// @file
/// What one node publishes for another at once.

#include "core/cluster/parcel.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <optional>
#include <string>

namespace reginfo {
namespace {

Frame frame(Frame::Kind kind) {
    Frame made;
    made.kind = kind;
    made.origin = {"node-1", "0123456789abcdef"};
    made.flow = {Transport::tcp, 3, {*IpAddress::parse("2001:db8::1"), 5060}, 0, 4711};
    made.reconnect_port = 5062;
    made.hops = 1;
    made.until = -5;
    made.bytes = std::string("SIP\0\r\n", 6);
    return made;
}

Parcel parcel() {
    return {
        {"node-2", "fedcba9876543210"},
        17,
        16,
        {1, 2, 1'000'000'000'000},
        {frame(Frame::Kind::request), frame(Frame::Kind::gone)}
    };
}

TEST(Parcel, ComesOutAsItWentIn) {
    const Parcel sent = parcel();
    const std::optional<Parcel> come = decode_parcel(encode(sent));
    ASSERT_TRUE(come);
    EXPECT_EQ(come->from, sent.from);
    EXPECT_EQ(come->number, 17U);
    EXPECT_EQ(come->floor, 16U);
    EXPECT_EQ(come->acknowledged, sent.acknowledged);
    ASSERT_EQ(come->frames.size(), 2U);
    const Frame& first = come->frames[0];
    EXPECT_EQ(first.kind, Frame::Kind::request);
    EXPECT_EQ(first.origin, sent.frames[0].origin);
    EXPECT_EQ(first.flow, sent.frames[0].flow);
    EXPECT_EQ(first.reconnect_port, 5062);
    EXPECT_EQ(first.hops, 1);
    EXPECT_EQ(first.until, -5);
    EXPECT_EQ(first.bytes, sent.frames[0].bytes);
    EXPECT_EQ(come->frames[1].kind, Frame::Kind::gone);
}

TEST(Parcel, ThatWasCutShortIsNone) {
    const std::string whole = encode(parcel());
    for (std::size_t size = 0; size < whole.size(); ++size) {
        EXPECT_FALSE(decode_parcel(whole.substr(0, size))) << size;
    }
    EXPECT_FALSE(decode_parcel(whole + 'x'));
}

TEST(Parcel, OfAnotherLayoutIsNone) {
    std::string bytes = encode(parcel());
    bytes[0] = 2;
    EXPECT_FALSE(decode_parcel(bytes));
}

TEST(Parcel, WithMoreThanItsBoundsIsNone) {
    Parcel large = parcel();
    large.frames.assign(kParcelFrames + 1, frame(Frame::Kind::answer));
    EXPECT_FALSE(decode_parcel(encode(large)));
    large = parcel();
    large.acknowledged.assign(kParcelAcknowledged + 1, 1);
    EXPECT_FALSE(decode_parcel(encode(large)));
}

TEST(Parcel, OfNobodyIsNone) {
    Parcel nobodys = parcel();
    nobodys.from = {};
    EXPECT_FALSE(decode_parcel(encode(nobodys)));
}

}  // namespace
}  // namespace reginfo
