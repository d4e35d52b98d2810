/// @file
/// Numbers and texts in a row of bytes come back as they were, and damage is noticed.

#include "core/base/byte_reader.hpp"

#include "core/base/byte_writer.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>

namespace reginfo {
namespace {

constexpr auto kMax = std::numeric_limits<std::uint64_t>::max();
constexpr auto kLeast = std::numeric_limits<std::int64_t>::min();
constexpr auto kMost = std::numeric_limits<std::int64_t>::max();

TEST(Bytes, NumbersOfAllSizesComeBack) {
    for (const std::uint64_t number :
         {std::uint64_t{0}, std::uint64_t{127}, std::uint64_t{128}, kMax}) {
        const std::string bytes = ByteWriter().number(number).take();
        ByteReader in(bytes);
        EXPECT_EQ(in.number(), number);
        EXPECT_TRUE(in.ok() && in.at_end());
    }
}

TEST(Bytes, SignedNumbersOfAllSizesComeBack) {
    for (const std::int64_t number :
         {std::int64_t{0}, std::int64_t{-1}, std::int64_t{64}, kLeast, kMost}) {
        const std::string bytes = ByteWriter().signed_number(number).take();
        ByteReader in(bytes);
        EXPECT_EQ(in.signed_number(), number);
        EXPECT_TRUE(in.ok() && in.at_end());
    }
}

TEST(Bytes, SmallMagnitudesTakeOneByte) {
    EXPECT_EQ(ByteWriter().signed_number(-64).take().size(), 1U);
    EXPECT_EQ(ByteWriter().signed_number(63).take().size(), 1U);
}

TEST(Bytes, AFixedNumberTakesEightBytesFromTheLowest) {
    const std::string bytes = ByteWriter().fixed(0x0102030405060708U).take();
    EXPECT_EQ(bytes, "\x08\x07\x06\x05\x04\x03\x02\x01");
    ByteReader in(bytes);
    EXPECT_EQ(in.fixed(), 0x0102030405060708U);
    EXPECT_TRUE(in.ok() && in.at_end());
}

TEST(Bytes, AFixedNumberCutShortSpoilsTheReader) {
    ByteReader in("\x08\x07\x06\x05\x04\x03\x02");
    EXPECT_EQ(in.fixed(), 0U);
    EXPECT_FALSE(in.ok());
}

TEST(Bytes, TextsComeBackWithWhateverIsInThem) {
    const std::string text("a\0b\xff", 4);
    const std::string bytes = ByteWriter().text(text).flag(true).text("").take();
    ByteReader in(bytes);

    EXPECT_EQ(in.text(), text);
    EXPECT_TRUE(in.flag());
    EXPECT_EQ(in.text(), "");
    EXPECT_TRUE(in.ok() && in.at_end());
}

TEST(Bytes, ATextLongerThanTheRestSpoilsTheReader) {
    ByteReader in(
        "\x05"
        "abc"
    );

    EXPECT_EQ(in.text(), "");
    EXPECT_FALSE(in.ok());
    EXPECT_EQ(in.number(), 0U);
}

TEST(Bytes, ANumberWithoutAnEndSpoilsTheReader) {
    for (const std::string& bytes : {std::string("\xff"), std::string(11, '\xff'), std::string()}) {
        ByteReader in(bytes);
        EXPECT_EQ(in.number(), 0U);
        EXPECT_FALSE(in.ok());
    }
}

TEST(Bytes, ACountIsNoMoreThanTheBytesThatAreLeft) {
    ByteReader in(
        "\x04"
        "abc"
    );

    EXPECT_EQ(in.count(), 0U);
    EXPECT_FALSE(in.ok());
}

}  // namespace
}  // namespace reginfo
