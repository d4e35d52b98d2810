/// @file
/// Lines of a head, folded and not.

#include "core/sip/head_lines.hpp"

#include "core/sip/content_length.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace reginfo::sip {
namespace {

using testing::ElementsAre;

std::vector<std::string> lines_of(std::string_view text) {
    std::string unfolded;
    HeadLines lines(text, unfolded);
    std::vector<std::string> result;
    while (const auto line = lines.next()) result.emplace_back(*line);
    return result;
}

TEST(HeadLines, EndInCrlfOrLf) {
    EXPECT_THAT(lines_of("a\r\nb\nc\r\n\r\n"), ElementsAre("a", "b", "c", ""));
}

TEST(HeadLines, AFoldedLineIsOneLineWithBlanks) {
    EXPECT_THAT(
        lines_of("a: 1\r\n 2\r\n\t3\r\nb: 4\n 5\r\n"), ElementsAre("a: 1   2  \t3", "b: 4  5")
    );
}

TEST(HeadLines, ALoneCrBecomesABlank) { EXPECT_THAT(lines_of("a\rb\r\n"), ElementsAre("a b")); }

TEST(HeadLines, AnUnendedLineIsNotGiven) { EXPECT_THAT(lines_of("a\r\nb\r"), ElementsAre("a")); }

TEST(HeadLines, ABlankBehindTheEmptyLineFoldsNothing) {
    EXPECT_THAT(lines_of("a\r\n\r\n body\n"), ElementsAre("a", "", " body"));
}

TEST(HeadLines, ViewsStayValidWhileMoreLinesAreUnfolded) {
    std::string text;
    for (int i = 0; i < 1000; ++i) text += "name: a\r\n b\r\n";
    std::string unfolded;
    HeadLines lines(text, unfolded);
    std::vector<std::string_view> views;
    while (const auto line = lines.next()) views.push_back(*line);
    EXPECT_EQ(views.size(), 1000U);
    for (const std::string_view view : views) EXPECT_EQ(view, "name: a   b");
}

TEST(EndOfHead, IsBehindTheFirstEmptyLine) {
    EXPECT_EQ(end_of_head("a\r\n\r\nb"), 5U);
    EXPECT_EQ(end_of_head("a\n\nb"), 3U);
    EXPECT_EQ(end_of_head("a\n\r\nb"), 4U);
    EXPECT_EQ(end_of_head("a\r\n\nb"), 4U);
    EXPECT_EQ(end_of_head("a\r\n \r\n"), std::string_view::npos);
    EXPECT_EQ(end_of_head("a\r\n\r\r\n"), std::string_view::npos);
    EXPECT_EQ(end_of_head("a\r\n\r\n", 4), 5U);
}

TEST(HeaderField, ANameHasAnyTokenCharacters) {
    const auto line = parse_header_line("X-%!~*'`+_ \t: \t y ");
    ASSERT_TRUE(line);
    EXPECT_EQ(line->name, HeaderName::other);
    EXPECT_EQ(line->text, "X-%!~*'`+_");
    EXPECT_EQ(line->value, "y");
}

TEST(HeaderField, NeedsANameAndAColon) {
    EXPECT_EQ(parse_header_line("Supported:")->value, "");
    for (const std::string_view text : {"", ":", ": x", "no colon", "a b: c", "a(b): c", " a: b"}) {
        EXPECT_FALSE(parse_header_line(text)) << text;
    }
}

TEST(ContentLength, EqualOnesAgreeAndOthersAreBad) {
    ContentLength length;
    EXPECT_FALSE(length.value());
    length.add("5");
    length.add("0005");
    EXPECT_FALSE(length.is_bad());
    EXPECT_EQ(length.value(), 5U);
    length.add("6");
    EXPECT_TRUE(length.is_bad());
}

}  // namespace
}  // namespace reginfo::sip
