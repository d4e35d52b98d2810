/// @file
/// Numbers from text: which texts are none, and what does not fit.

#include "core/base/numbers.hpp"

#include <gtest/gtest.h>

namespace reginfo {
namespace {

TEST(Number, IsTheWholeText) {
    EXPECT_EQ(parse_number<int>("-12"), -12);
    EXPECT_EQ(parse_number<double>("0.5"), 0.5);
    for (const std::string_view text : {"", " 1", "1 ", "+1", "0x1", "1,", "1.0", "one"}) {
        EXPECT_EQ(parse_number<int>(text), std::nullopt) << text;
    }
}

TEST(Number, FitsItsType) {
    EXPECT_EQ(parse_number<std::uint16_t>("65535"), 65'535);
    EXPECT_EQ(parse_number<std::uint16_t>("65536"), std::nullopt);
    EXPECT_EQ(parse_number<std::uint16_t>("-1"), std::nullopt);
    EXPECT_EQ(parse_number<std::uint16_t>("000000000000000000000001"), 1);
}

TEST(Number, IsBoundedBeforeItOverflows) {
    EXPECT_EQ(parse_number("0007", 7), 7U);
    EXPECT_EQ(parse_number("8", 7), std::nullopt);
    EXPECT_EQ(parse_number("18446744073709551615", UINT64_MAX), UINT64_MAX);
    EXPECT_EQ(parse_number("18446744073709551616", UINT64_MAX), std::nullopt);
    EXPECT_EQ(parse_number("", 7), std::nullopt);
    EXPECT_EQ(parse_number("9", 3), std::nullopt);
}

TEST(Number, CountsAsTheMostWhereItMayAndIsMore) {
    EXPECT_EQ(parse_saturating("6", 7), 6U);
    EXPECT_EQ(parse_saturating("8", 7), 7U);
    EXPECT_EQ(parse_saturating("99999999999999999999999999", 7), 7U);
    for (const std::string_view text : {"", "-1", "+1", " 1", "99999999999999999999999999x"}) {
        EXPECT_EQ(parse_saturating(text, 7), std::nullopt) << text;
    }
}

}  // namespace
}  // namespace reginfo
