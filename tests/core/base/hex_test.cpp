/// @file
/// Sixteen hexadecimal digits, both ways.

#include "core/base/hex.hpp"

#include <gtest/gtest.h>

#include <string>

namespace reginfo {
namespace {

TEST(AppendHex, WritesTheLowestDigits) {
    std::string out = "x";
    append_hex(out, 0xDEADBEEF, 4);
    EXPECT_EQ(out, "xbeef");
    out.clear();
    append_hex(out, 0xABC);
    EXPECT_EQ(out, "0000000000000abc");
    append_hex(out, 0xABC, 0);
    EXPECT_EQ(out, "0000000000000abc");
}

TEST(ParseHex, ReadsWhatIsWritten) {
    for (const std::uint64_t number : {0ULL, 0xABCULL, 0xFEDC'BA98'7654'3210ULL, ~0ULL}) {
        EXPECT_EQ(parse_hex(HexText(number)), number);
    }
    EXPECT_EQ(parse_hex("00000000DEADbeef"), 0xDEADBEEFU);
}

TEST(ParseHex, TakesSixteenDigitsAndNothingElse) {
    for (const std::string_view text :
         {"",
          "abc",
          "000000000000abc",
          "00000000000000abc",
          "000000000000abcg",
          "-00000000000abcd",
          " 00000000000abcd",
          "0x000000000000ab"}) {
        EXPECT_EQ(parse_hex(text), std::nullopt) << text;
    }
}

}  // namespace
}  // namespace reginfo
