/// @file
/// What is a URI, and its parts.

#include "core/sip/uri.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace reginfo::sip {
namespace {

TEST(Uri, IsTakenApart) {
    const auto uri = parse_uri("SIPS:alice:se%20cret@Host.Example:05061;lr;x=%41?a=b&c=d");
    ASSERT_TRUE(uri);
    EXPECT_EQ(uri->scheme, Uri::Scheme::sips);
    EXPECT_EQ(uri->scheme_text, "SIPS");
    EXPECT_EQ(uri->user, "alice");
    EXPECT_EQ(uri->password, "se%20cret");
    EXPECT_EQ(uri->host, "Host.Example");
    EXPECT_EQ(uri->port, 5061);
    EXPECT_EQ(uri->params, "lr;x=%41");
    EXPECT_EQ(uri->headers, "a=b&c=d");
}

TEST(Uri, AUserMayHoldWhatElsewhereSeparates) {
    const auto uri =
        parse_uri("sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1@a.b");
    ASSERT_TRUE(uri);
    EXPECT_EQ(uri->user, "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*");
    EXPECT_EQ(uri->password, "&it+has=1");
    EXPECT_EQ(uri->host, "a.b");
    EXPECT_EQ(parse_uri("sip:alice;x=1@host")->user, "alice;x=1");
    EXPECT_EQ(parse_uri("sip:alice;x=1@host")->params, "");
}

TEST(Uri, AnIpv6HostKeepsItsBrackets) {
    const auto uri = parse_uri("sip:[2001:db8::1]:5062;transport=tcp");
    ASSERT_TRUE(uri);
    EXPECT_EQ(uri->host, "[2001:db8::1]");
    EXPECT_EQ(uri->port, 5062);
    EXPECT_EQ(uri->user, "");
}

TEST(Uri, OfOtherSchemesIsKeptWhole) {
    EXPECT_EQ(parse_uri("isbn:2983792873")->user, "2983792873");
    EXPECT_EQ(parse_uri("urn:service:sos")->scheme, Uri::Scheme::other);
    EXPECT_EQ(parse_uri("http://a/b?c#d")->user, "//a/b?c#d");
}

TEST(Uri, OfATelephoneHasNumberAndParameters) {
    const auto uri = parse_uri("tel:+1-201-555-0123;ext=5");
    ASSERT_TRUE(uri);
    EXPECT_EQ(uri->scheme, Uri::Scheme::tel);
    EXPECT_EQ(uri->user, "+1-201-555-0123");
    EXPECT_EQ(uri->params, "ext=5");
    EXPECT_TRUE(parse_uri("tel:*21#;phone-context=example.com"));
}

TEST(Uri, OfSixtyThousandBytesIsRead) {
    const std::string user(60'000, 'u');
    EXPECT_EQ(parse_uri("sip:" + user + "@h")->user, user);
}

TEST(Uri, WithAFaultIsNone) {
    for (const std::string_view text :
         {"",
          "sip",
          "sip:",
          ":a@b",
          "1sip:a@b",
          "sip:@h",
          "sip:a@",
          "sip:a@b@c",
          "sip:a b@c",
          "sip:a@b c",
          "sip:a@h:",
          "sip:a@h:0",
          "sip:a@h:65536",
          "sip:a@h:5x",
          "sip:a@256.1.1.1",
          "sip:a@[::1",
          "sip:a@::1",
          "sip:a@[1.2.3.4]",
          "sip:a@-h",
          "sip:a%4@h",
          "sip:a%zz@h",
          "sip:a@h;",
          "sip:a@h;;lr",
          "sip:a@h;=1",
          "sip:a@h;a=b=c",
          "sip:a@h;a\"b",
          "sip:a@h?",
          "sip:a@h;x?",
          "sip:a@h;%4",
          "sip:a@h?a=%",
          "<sip:a@h>",
          "sip:a\xC3\xA9@h",
          "sip:a@h\n",
          "tel:",
          "tel:+",
          "tel:-.-",
          "tel:+1a",
          "tel:12 3",
          "tel:12;",
          "isbn:",
          "isbn:a b",
          "a:%1",
          "sip: a@h",
          "sip:a#b@h"}) {
        EXPECT_FALSE(parse_uri(text)) << text;
    }
}

TEST(FindParam, IgnoresTheCaseOfNames) {
    EXPECT_EQ(find_param("lr;Transport=TCP", "transport"), "TCP");
    EXPECT_EQ(find_param("lr;transport=tcp", "LR"), "");
    EXPECT_EQ(find_param("a=;b", "a"), "");
    EXPECT_EQ(find_param("lr;x=y", "y"), std::nullopt);
    EXPECT_EQ(find_param("", "y"), std::nullopt);
}

TEST(FindParam, DoesNotLookIntoQuotes) { EXPECT_EQ(find_param(R"(a=";tag=1";tag=2)", "tag"), "2"); }

}  // namespace
}  // namespace reginfo::sip
