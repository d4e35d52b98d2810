/// @file
/// Letters without regard to case, and what has none.

#include "core/base/ascii.hpp"

#include <gtest/gtest.h>

namespace reginfo {
namespace {

TEST(Ascii, OnlyTheLettersOfAsciiHaveACase) {
    EXPECT_EQ(lower_case("AZaz@[`{09\xC4"), "azaz@[`{09\xC4");
    EXPECT_EQ(upper_case("AZaz@[`{09\xE4"), "AZAZ@[`{09\xE4");
}

TEST(Ascii, TextsThatDifferInCaseAloneAreEqual) {
    EXPECT_TRUE(equal_ignoring_case("Event", "eVENT"));
    EXPECT_TRUE(equal_ignoring_case("", ""));
    EXPECT_FALSE(equal_ignoring_case("Event", "Events"));
    EXPECT_FALSE(equal_ignoring_case("@", "`")) << "32 apart, as letters are";
    EXPECT_FALSE(equal_ignoring_case("\xC4", "\xE4"));
}

TEST(Ascii, BlanksAreSpacesAndTabsAtBothEnds) {
    EXPECT_EQ(without_blanks(" \ta b\t "), "a b");
    EXPECT_EQ(without_blanks(" \t "), "");
    EXPECT_EQ(without_blanks("\r\n"), "\r\n");
}

}  // namespace
}  // namespace reginfo
