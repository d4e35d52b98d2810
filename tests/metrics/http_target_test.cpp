/// @file
/// Targets of requests: what is path and query, how it is decoded, and what is no target.

#include "metrics/http_target.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace reginfo::metrics {
namespace {

using ::testing::ElementsAre;
using ::testing::FieldsAre;
using ::testing::IsEmpty;
using ::testing::Optional;
using ::testing::Pair;

TEST(HttpTarget, ThePathEndsAtTheQuestionMark) {
    EXPECT_THAT(parse_target("/"), Optional(FieldsAre("", "/", "")));
    EXPECT_THAT(parse_target("/a/b"), Optional(FieldsAre("", "/a/b", "")));
    EXPECT_THAT(parse_target("/a?"), Optional(FieldsAre("", "/a", "")));
    EXPECT_THAT(parse_target("/a?b=/c?d"), Optional(FieldsAre("", "/a", "b=/c?d")));
    EXPECT_THAT(parse_target("//a//b"), Optional(FieldsAre("", "//a//b", "")));
}

TEST(HttpTarget, TheAbsoluteFormNamesAHostAsWell) {
    EXPECT_THAT(parse_target("http://h:1/a?b"), Optional(FieldsAre("h:1", "/a", "b")));
    EXPECT_THAT(parse_target("HTTP://[::1]"), Optional(FieldsAre("[::1]", "/", "")));
    EXPECT_THAT(parse_target("http://h?b"), Optional(FieldsAre("h", "/", "b")));
}

TEST(HttpTarget, EscapesStayUntilTheyAreDecoded) {
    const auto target = parse_target("/sip%3Aa%2Fb?c%3D=%26");
    ASSERT_THAT(target, Optional(FieldsAre("", "/sip%3Aa%2Fb", "c%3D=%26")));
    EXPECT_EQ(percent_decoded(target->path), "/sip:a/b");
    EXPECT_THAT(parse_query(target->query), Optional(ElementsAre(Pair("c=", "&"))));
}

TEST(HttpTarget, WhatShouldHaveBeenEscapedIsTakenAllTheSame) {
    const auto target = parse_target("/sip:a@[2001:db8::1]?prefix=sip:\"b\"|<\xC3\xA4>#c");
    ASSERT_TRUE(target);
    EXPECT_EQ(percent_decoded(target->path), "/sip:a@[2001:db8::1]");
    EXPECT_THAT(
        parse_query(target->query), Optional(ElementsAre(Pair("prefix", "sip:\"b\"|<\xC3\xA4>#c")))
    );
}

TEST(HttpTarget, NothingElseIsATarget) {
    for (const char* text :
         {"",
          "*",
          "a",
          "?a",
          "localhost:80",
          "http:/a",
          "http:///a",
          "https://localhost/a",
          "ftp://localhost/a",
          "http://localhost/%2",
          "http://localhost/?a=%xx",
          "http://localhost:x/",
          "http://localhost:80:0/"}) {
        EXPECT_EQ(parse_target(text).has_value(), false) << text;
    }
}

TEST(HttpTarget, ABrokenEscapeIsSeenWhereItIsDecoded) {
    for (const char* text : {"/%", "/%2", "/%zz", "/a%2"}) {
        ASSERT_TRUE(parse_target(text)) << text;
        EXPECT_EQ(percent_decoded(parse_target(text)->path), std::nullopt) << text;
    }
}

TEST(HttpQuery, IsReadDecodedOrNotAtAll) {
    EXPECT_THAT(parse_query(""), Optional(IsEmpty()));
    EXPECT_THAT(
        parse_query("a=1&b=%20x&c&&d=e=f&="),
        Optional(ElementsAre(
            Pair("a", "1"), Pair("b", " x"), Pair("c", ""), Pair("d", "e=f"), Pair("", "")
        ))
    );
    EXPECT_FALSE(parse_query("a=%2"));
    EXPECT_FALSE(parse_query("a=%xx"));
}

TEST(HttpQuery, APlusSignIsNoBlank) {
    EXPECT_THAT(
        parse_query("aor=tel:+4930&prefix=%2B"),
        Optional(ElementsAre(Pair("aor", "tel:+4930"), Pair("prefix", "+")))
    );
}

}  // namespace
}  // namespace reginfo::metrics
