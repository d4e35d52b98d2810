/// @file
/// Which representation a client gets: Accept (RFC 9110 §12.5.1) and If-None-Match (§13.1.2).

#include "metrics/representation.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string_view>

namespace reginfo::metrics {
namespace {

constexpr std::string_view kOffered[] = {"application/json", "application/reginfo+xml"};

/// "json", "xml", or "none".
std::string_view chosen_for(std::string_view accept) {
    const std::optional<std::size_t> place = preferred_type(accept, kOffered);
    if (!place) return "none";
    return *place == 0 ? "json" : "xml";
}

TEST(PreferredType, WithoutAPreferenceTheFirstTypeCounts) {
    for (const char* accept :
         {"",
          "  ",
          ",,",
          "*/*",
          "application/*",
          "text/html, application/xhtml+xml, */*;q=0.8",
          "application/reginfo+xml;q=0.5, application/json;q=0.5"}) {
        EXPECT_EQ(chosen_for(accept), "json") << accept;
    }
}

TEST(PreferredType, ANamedTypeIsPreferred) {
    for (const char* accept :
         {"application/reginfo+xml",
          "Application/RegInfo+XML",
          "\tapplication/reginfo+xml , text/html",
          "application/reginfo+xml;charset=utf-8",
          "application/reginfo+xml; charset=\"UTF-8\"",
          "application/reginfo+xml, */*;q=0.1"}) {
        EXPECT_EQ(chosen_for(accept), "xml") << accept;
    }
    EXPECT_EQ(chosen_for("text/html, application/json"), "json");
}

TEST(PreferredType, TheHigherWeightWins) {
    EXPECT_EQ(chosen_for("application/json;q=0.3, application/reginfo+xml;q=0.301"), "xml");
    EXPECT_EQ(chosen_for("application/json;q=0.302, application/reginfo+xml;q=0.301"), "json");
    EXPECT_EQ(chosen_for("application/reginfo+xml;q=0.9, */*"), "json");
    EXPECT_EQ(chosen_for("application/json;Q=0.1, application/reginfo+xml ; q=0.2 ;x=y"), "xml");
}

TEST(PreferredType, OfEqualWeightsTheMoreExactNameWins) {
    EXPECT_EQ(chosen_for("application/reginfo+xml, */*"), "xml");
    EXPECT_EQ(chosen_for("application/reginfo+xml, application/*"), "xml");
}

TEST(PreferredType, TheMostSpecificRangeDeterminesTheWeightOfAType) {
    EXPECT_EQ(chosen_for("*/*, application/json;q=0"), "xml");
    EXPECT_EQ(chosen_for("application/*;q=0.9, application/json;q=0.1, */*"), "xml");
    EXPECT_EQ(chosen_for("application/json;q=0, application/json;charset=utf-8"), "json");
}

TEST(PreferredType, WhatIsNotTakenIsNotSent) {
    for (const char* accept :
         {"text/html",
          "application/xml",
          "application/reginfo",
          "text/*",
          "*/*;q=0",
          "application/json;q=0, application/reginfo+xml;q=0.000",
          "application/reginfo+xml;charset=iso-8859-1",
          "application/json;version=2"}) {
        EXPECT_EQ(chosen_for(accept), "none") << accept;
    }
}

TEST(PreferredType, WhatIsNoRangeIsPassedOver) {
    for (const char* odd :
         {"application",
          "/",
          "*/json",
          "application/",
          "a b/c",
          "text/html;q=2",
          "text/html;q=0.1234",
          "text/html;q=1.001",
          "text/html;q=-1",
          "text/html;q=",
          "\"text/html",
          ";q=1"}) {
        EXPECT_EQ(chosen_for(odd), "json") << odd;
    }
    EXPECT_EQ(chosen_for("nonsense;q=x, application/reginfo+xml;q=0.1"), "xml");
}

TEST(PreferredType, AQuotedTextMayHoldWhatSeparates) {
    EXPECT_EQ(
        chosen_for("text/html;t=\"a, application/json;q=1\", application/reginfo+xml"), "xml"
    );
    EXPECT_EQ(chosen_for("text/html;t=\"\\\",application/json\""), "none");
    EXPECT_EQ(chosen_for("text/html;t=\"open, application/json"), "none");
    EXPECT_EQ(chosen_for("text/html;t=\"\\"), "none");
}

TEST(HasAlready, AnEntityTagIsFoundInTheListWeakOrNot) {
    for (const char* known :
         {"*",
          " * ",
          "\"a\"",
          "W/\"a\"",
          "\"b\", W/\"a\"",
          "\"b,c\",\"a\"",
          ",, \"a\" ,",
          "\"a\"\t,\"b\""}) {
        EXPECT_TRUE(has_already(known, "\"a\"")) << known;
    }
    for (const char* other : {"", ",", "a", "\"b\"", "\"a,\"", "\"A\"", "W/\"A\""}) {
        EXPECT_FALSE(has_already(other, "\"a\"")) << other;
    }
}

TEST(HasAlready, AMalformedListHasNothing) {
    for (const char* malformed :
         {"\"a",
          "a\"",
          "W/\"a\"x",
          "\"a\"x",
          "x\"a\"",
          "w/\"a\"",
          "W/ \"a\"",
          "W/W/\"a\"",
          "W/a",
          "\"a\" \"b\"",
          "\"b\"\"a\"",
          "\"a\", b",
          "b, \"a\"",
          "\"a\";q=1",
          "*, \"a\"",
          "\"a\", *",
          "\"b c\", \"a\"",
          "\"b\x01\", \"a\"",
          "\"x\"a\"y\""}) {
        EXPECT_FALSE(has_already(malformed, "\"a\"")) << malformed;
    }
}

}  // namespace
}  // namespace reginfo::metrics
