/// @file
/// Values of header fields, with blanks wherever the grammar has them, and broken ones.

#include "core/sip/headers.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace reginfo::sip {
namespace {

TEST(Via, IsTakenApart) {
    const auto via = parse_via("SIP/2.0/UDP h.example:5061;rport;branch=z9hG4bK1;maddr=224.0.0.1");
    ASSERT_TRUE(via);
    EXPECT_EQ(via->transport, "UDP");
    EXPECT_EQ(via->host, "h.example");
    EXPECT_EQ(via->port, 5061);
    EXPECT_EQ(via->params, "rport;branch=z9hG4bK1;maddr=224.0.0.1");
    EXPECT_EQ(via->branch, "z9hG4bK1");
    EXPECT_EQ(via->maddr, "224.0.0.1");
    EXPECT_TRUE(via->has_rport);
}

TEST(Via, MayHaveBlanksAtAllPlaces) {
    const auto via =
        parse_via("SIP  /\t2.0 / UDP       127.0.0.1 : 5060  ;  branch  =  z9hG4bKx  ;  rport  ");
    ASSERT_TRUE(via);
    EXPECT_EQ(via->transport, "UDP");
    EXPECT_EQ(via->host, "127.0.0.1");
    EXPECT_EQ(via->port, 5060);
    EXPECT_EQ(via->branch, "z9hG4bKx");
    EXPECT_TRUE(via->has_rport);
}

TEST(Via, MayBeOfAnyTransportAndWithoutBranch) {
    EXPECT_EQ(parse_via("SIP/2.0/UNKNOWN x.example")->transport, "UNKNOWN");
    EXPECT_EQ(parse_via("SIP/2.0/SCTP [2001:db8::5]:9;branch=y")->host, "[2001:db8::5]");
    EXPECT_EQ(parse_via("SIP/2.0/UDP h;branch=;x=y")->branch, "");
    EXPECT_EQ(parse_via("SIP/2.0/UDP h")->branch, "");
    EXPECT_EQ(parse_via("SIP/2.0/UDP h;received=2001:db8::9;BRANCH=a=b")->branch, "a=b");
}

TEST(Via, WithAFaultIsNone) {
    for (const std::string_view text :
         {"",
          ";;,;,,",
          ";;",
          "SIP/2.0",
          "SIP/2.0/UDP",
          "SIP/2.0/UDP ",
          "SIP/2.0/UDP ;branch=x",
          "SIP/2.0/UDP h:",
          "SIP/2.0/UDP h:65536",
          "SIP/2.0/UDP h:0",
          "SIP/2.0/UDP h;;",
          "SIP/2.0/UDP h;",
          "SIP/2.0/UDP h x",
          "SIP/2.0/UDP h;branch=a;branch=b",
          "SIP/2.0/UDP h;branch;branch=b",
          "SIP/2.0/UDP 1.2.3.444",
          "SIP/2.0/UDP [::1",
          "SIP//UDP h",
          "SIP/2.0/UDP h;a b",
          "SIP/2.0/UDP/h"}) {
        EXPECT_FALSE(parse_via(text)) << text;
    }
}

TEST(NameAddr, IsTakenApart) {
    const auto from = parse_name_addr(R"( "A, \"B\" <x>"  <sip:a@b;lr?c=d>  ;  Tag  =  ab1 ; x )");
    ASSERT_TRUE(from);
    EXPECT_EQ(from->display, R"("A, \"B\" <x>")");
    EXPECT_EQ(from->uri, "sip:a@b;lr?c=d");
    EXPECT_EQ(from->tag, "ab1");
    EXPECT_EQ(from->params, "Tag  =  ab1 ; x");
    EXPECT_TRUE(from->bracketed);
}

TEST(NameAddr, NeedsNoBlankBeforeTheBracket) {
    const auto to = parse_name_addr(R"("A\"B"<sip:x@y>)");
    ASSERT_TRUE(to);
    EXPECT_EQ(to->display, R"("A\"B")");
    EXPECT_EQ(to->uri, "sip:x@y");
    EXPECT_EQ(parse_name_addr("A. G. Bell <sip:x@y>")->display, "A. G. Bell");
}

TEST(NameAddr, WithoutBracketsItsParametersAreTheHeaders) {
    const auto from = parse_name_addr("tel:+12015550123;tag=1");
    ASSERT_TRUE(from);
    EXPECT_EQ(from->uri, "tel:+12015550123");
    EXPECT_EQ(from->tag, "1");
    EXPECT_FALSE(from->bracketed);
    EXPECT_EQ(parse_name_addr("sip:a@b ; tag=2")->tag, "2");
}

TEST(NameAddr, PassesOnBytesThatAreNoUtf8AndUnknownSchemes) {
    EXPECT_TRUE(parse_name_addr("\"\xFF\xFE\xC0\x80\" <sip:a@b>;tag=1"));
    EXPECT_EQ(parse_name_addr("<isbn:2983792873>")->uri, "isbn:2983792873");
}

TEST(NameAddr, WithAFaultIsNone) {
    for (const std::string_view text :
         {"",
          " ",
          "<>",
          "<sip:>",
          "<:a>",
          R"("Mr. J. User <sip:j.user@x>)",
          "<sip:t@x;tag=5",
          "sip:a@b?c=d",
          "sip:a@b,sip:c@d",
          "<sip:a b@c>",
          "< sip:a@b>",
          "<sip:a@b>x",
          "<sip:a@b>;",
          "<sip:a@b>;;",
          "<sip:a@b>;tag=",
          "<sip:a@b>;tag=1;tag=2",
          R"("x" sip:a@b)",
          "*",
          "a@b",
          "Bell, A <sip:a@b>",
          "<<sip:a@b>>",
          "sip:a@b>",
          "<sip:a@b>;tag=\"x",
          "<sip:a@b>,"}) {
        EXPECT_FALSE(parse_name_addr(text)) << text;
    }
}

TEST(CSeq, HasANumberBelow2To31AndAMethod) {
    const auto cseq = parse_cseq("\t 0007 \t OPTIONS ");
    ASSERT_TRUE(cseq);
    EXPECT_EQ(cseq->number, 7U);
    EXPECT_EQ(cseq->method, Method::options);
    EXPECT_EQ(parse_cseq("2147483647 FOO")->number, 2147483647U);
    EXPECT_EQ(parse_cseq("1 FOO")->method_text, "FOO");
    for (const std::string_view text :
         {"",
          "-3 OPTIONS",
          "3",
          "3 ",
          "OPTIONS",
          "2147483648 OPTIONS",
          "99999999999999999999 OPTIONS",
          "1 A B",
          "1OPTIONS",
          "1 O(",
          "1,OPTIONS"}) {
        EXPECT_FALSE(parse_cseq(text)) << text;
    }
}

TEST(Event, HasAPackageAndPerhapsAnId) {
    EXPECT_EQ(parse_event("reg")->package, "reg");
    EXPECT_EQ(parse_event("reg")->id, std::nullopt);
    EXPECT_EQ(parse_event("reg ; ID=q7")->id, "q7");
    EXPECT_EQ(parse_event("presence.winfo;a=b;id = 1")->id, "1");
    for (const std::string_view text :
         {"",
          ";id=1",
          "reg,presence",
          "\"reg\"",
          "re g",
          "reg;",
          "reg;id",
          "reg;id=",
          "reg;id=\"x\"",
          "reg;id=1;id=2",
          "reg;;id=1"}) {
        EXPECT_FALSE(parse_event(text)) << text;
    }
}

TEST(DeltaSeconds, AreDigitsUpTo2To32) {
    EXPECT_EQ(parse_delta_seconds("0"), Seconds(0));
    EXPECT_EQ(parse_delta_seconds(" 00600 "), Seconds(600));
    EXPECT_EQ(parse_delta_seconds("4294967295"), Seconds(4294967295));
    EXPECT_EQ(parse_delta_seconds("4294967296"), Seconds(4294967295));
    EXPECT_EQ(parse_delta_seconds(std::string(4000, '9')), Seconds(4294967295));
    for (const std::string_view text : {"", "-1", "1.5", "+1", "1 2", "1;x", "0x1"}) {
        EXPECT_FALSE(parse_delta_seconds(text)) << text;
    }
}

TEST(RetryAfter, MayBeFollowedByACommentOrParameters) {
    EXPECT_EQ(parse_retry_after("120"), Seconds(120));
    EXPECT_EQ(parse_retry_after("120 (in a meeting)"), Seconds(120));
    EXPECT_EQ(parse_retry_after("18000;duration=3600"), Seconds(18000));
    for (const std::string_view text : {"", "(x)", "1.5", "-1", "1 2"}) {
        EXPECT_FALSE(parse_retry_after(text)) << text;
    }
}

TEST(MediaType, IsComparedWithoutItsParameters) {
    EXPECT_TRUE(
        is_media_type("application/reginfo+xml;charset=\"utf;8\"", "application/reginfo+xml")
    );
    EXPECT_TRUE(is_media_type("Application / REGINFO+xml ; a=b", "application/reginfo+xml"));
    EXPECT_FALSE(is_media_type("application/reginfo", "application/reginfo+xml"));
    for (const std::string_view text :
         {"",
          "application",
          "application/",
          "/reginfo+xml",
          "application/reginfo+xml c",
          "application/reginfo+xml;"}) {
        EXPECT_FALSE(is_media_type(text, "application/reginfo+xml")) << text;
    }
}

bool accepts_reginfo(std::string_view first, std::string_view second = "") {
    Message message;
    message.add({HeaderName::accept, "Accept", first});
    if (!second.empty()) message.add({HeaderName::accept, "Accept", second});
    return accepts(message, "application/reginfo+xml");
}

TEST(Accept, AdmitsByNameOrRange) {
    EXPECT_TRUE(accepts_reginfo("application/reginfo+xml"));
    EXPECT_TRUE(accepts_reginfo("text/plain, Application/Reginfo+XML ;q=0.1"));
    EXPECT_TRUE(accepts_reginfo("text/plain", "application/*"));
    EXPECT_TRUE(accepts_reginfo("*/*"));
    EXPECT_TRUE(accepts_reginfo("garbage, */*;q=0.001"));
}

TEST(Accept, AdmitsNothingElse) {
    EXPECT_FALSE(accepts_reginfo(""));
    EXPECT_FALSE(accepts_reginfo("application/pidf+xml, text/*"));
    EXPECT_FALSE(accepts_reginfo("application/reginfo+xml;q=0"));
    EXPECT_FALSE(accepts_reginfo("application/reginfo+xml; Q = 0.000"));
    EXPECT_FALSE(accepts_reginfo("*/reginfo+xml"));
    EXPECT_FALSE(accepts(Message{}, "application/reginfo+xml"));
}

TEST(Accept, TheClosestRangeDecides) {
    EXPECT_FALSE(accepts_reginfo("*/*, application/reginfo+xml;q=0"));
    EXPECT_FALSE(accepts_reginfo("application/*;q=0", "*/*"));
    EXPECT_TRUE(accepts_reginfo("*/*;q=0, application/reginfo+xml"));
}

TEST(Token, IsNotEmptyAndAllTokenCharacters) {
    EXPECT_TRUE(is_token("a-.!%*_+`'~1"));
    for (const std::string_view text : {"", "a b", "a;", "\"a\"", "a/b"}) {
        EXPECT_FALSE(is_token(text)) << text;
    }
}

}  // namespace
}  // namespace reginfo::sip
