/// @file
/// RFC 3261 §7, §20 and §25.1: how messages are written.

#include "core/sip/value_list.hpp"
#include "tests/wire/wire_fixture.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace reginfo::test {
namespace {

using Rfc3261Section7_1 = WireTest;
using Rfc3261Section7_3_1 = WireTest;
using Rfc3261Section7_3_3 = WireTest;
using Rfc3261Section7_4 = WireTest;
using Rfc3261Section7_5 = WireTest;
using Rfc3261Section20 = WireTest;
using Rfc3261Section25_1 = WireTest;

TEST_F(Rfc3261Section7_1, MethodsHaveCase) {
    RequestText request = options();
    request.method = "options";
    EXPECT_EQ(ask(request).status(), 405);
}

TEST_F(Rfc3261Section7_1, TheVersionHasNoCase) {
    EXPECT_EQ(ask(with(options().text(), " SIP/2.0\r\nVia", " sip/2.0\r\nVia")).status(), 200);
}

TEST_F(Rfc3261Section7_1, ARequestLineWithMoreThanSingleBlanksIsMalformed) {
    EXPECT_EQ(ask(with(options().text(), "OPTIONS sip", "OPTIONS  sip")).status(), 400);
    EXPECT_EQ(ask(with(options().text(), "org SIP/2.0", "org  SIP/2.0")).status(), 400);
    EXPECT_EQ(ask(with(options().text(), "org SIP/2.0\r\n", "org SIP/2.0 \r\n")).status(), 400);
}

TEST_F(Rfc3261Section7_1, ARequestUriIsNotEnclosedInBrackets) {
    RequestText request = options();
    request.uri = "<sip:alice@example.org>";
    EXPECT_EQ(ask(request).status(), 400);
}

TEST_F(Rfc3261Section7_3_1, NamesHaveNoCaseAndTheOrderOfFieldsDoesNotMatter) {
    const Sent response = ask(wire(R"(
OPTIONS sip:192.0.2.1 SIP/2.0
content-LENGTH: 0
cSEQ: 7 OPTIONS
X-Unknown: ;;,"
call-id: order
TO: <sip:a@example.org>
FROM: <sip:b@example.org>;tag=1
max-forwards: 70
VIA: SIP/2.0/UDP 198.51.100.1;branch=z9hG4bKorder

)"));
    EXPECT_EQ(response.status(), 200);
    EXPECT_EQ(response.header("CSeq"), "7 OPTIONS");
}

TEST_F(Rfc3261Section7_3_1, AFoldedFieldIsOneLine) {
    const Sent response = ask(wire(R"(
OPTIONS sip:192.0.2.1 SIP/2.0
Via: SIP/2.0/UDP
 198.51.100.1
	;branch=z9hG4bKfold
To:
 <sip:a@example.org>
From: "A long
 name" <sip:b@example.org>
 ;tag=1
Call-ID:
	fold
CSeq: 1
  OPTIONS
Content-Length:
 0

)"));
    EXPECT_EQ(response.status(), 200);
    EXPECT_EQ(response.header("Call-ID"), "fold");
}

TEST_F(Rfc3261Section7_3_1, SeveralValuesAreTheSameInOneFieldOrInSeveral) {
    RequestText one = options();
    one.via += ", SIP/2.0/UDP second;branch=z9hG4bK2, SIP/2.0/TCP third;branch=z9hG4bK3";
    RequestText several = options();
    several.more = {
        "Via: SIP/2.0/UDP second;branch=z9hG4bK2", "v: SIP/2.0/TCP third;branch=z9hG4bK3"
    };
    for (const RequestText& request : {one, several}) {
        const Sent response = ask(request);
        EXPECT_EQ(response.status(), 200);
        sip::ValueList vias(response.message, sip::HeaderName::via);
        vias.next();
        EXPECT_EQ(vias.next(), "SIP/2.0/UDP second;branch=z9hG4bK2");
        EXPECT_EQ(vias.next(), "SIP/2.0/TCP third;branch=z9hG4bK3");
        EXPECT_EQ(vias.next(), std::nullopt);
    }
}

TEST_F(Rfc3261Section7_3_1, AFieldThatMayBeThereOnceIsRefusedTwiceAndNamed) {
    for (const auto& [line, name] : std::vector<std::pair<std::string, std::string>>{
             {"f: <sip:x@example.org>;tag=2", "From"},
             {"t: <sip:x@example.org>", "To"},
             {"i: other", "Call-ID"},
             {"CSeq: 1 PUBLISH", "CSeq"},
             {"Max-Forwards: 70", "Max-Forwards"},
             {"o: reg", "Event"},
             {"Expires: 600", "Expires"},
             {"c: application/reginfo+xml", "Content-Type"}
         }) {
        RequestText request = publish();
        request.more = {line};
        const Sent response = ask(request);
        EXPECT_EQ(response.status(), 400) << line;
        EXPECT_EQ(response.message.reason, "Several " + name + " headers");
    }
    EXPECT_EQ(world.stats().publications, 0U);
}

TEST_F(Rfc3261Section7_3_1, ALineWithoutColonIsRefused) {
    RequestText request = options();
    request.more = {"this is no header field"};
    EXPECT_EQ(ask(request).status(), 400);
}

TEST_F(Rfc3261Section7_3_3, CompactFormsAreTheSameFields) {
    const std::string body = publish().body;
    const std::string text = wire(R"(
PUBLISH sip:alice@example.org SIP/2.0
v: SIP/2.0/UDP 198.51.100.1;branch=z9hG4bKcompact
t: <sip:alice@example.org>
f: <sip:alice@example.org>;tag=1
i: compact
CSeq: 1 PUBLISH
o: reg
k: x
u: reg
c: application/reginfo+xml
l: )") + std::to_string(body.size()) +
                             "\r\n\r\n" + body;
    EXPECT_EQ(ask(text).status(), 200);
    EXPECT_EQ(world.stats().publications, 1U);
}

TEST_F(Rfc3261Section7_4, ABodyThatIsNotUnderstoodIsNeverTaken) {
    RequestText request = publish();
    request.more = {"Content-Encoding: gzip"};
    const Sent response = ask(request);
    EXPECT_EQ(response.status(), 415);
    EXPECT_EQ(response.header("Accept-Encoding"), "identity");
}

TEST_F(Rfc3261Section7_5, LineEndsBeforeTheStartLineAreSkipped) {
    EXPECT_EQ(ask("\r\n\r\n" + options().text()).status(), 200);
}

TEST_F(Rfc3261Section20, LeadingZerosAreLegalInNumbers) {
    RequestText request = publish();
    request.cseq = "000000000007";
    request.expires = "0000300";
    const Sent response =
        ask(with(with(request.text(), "Length: ", "Length: 000"), "wards: 70", "wards: 0070"));
    EXPECT_EQ(response.status(), 200);
    EXPECT_EQ(response.header("Expires"), "300");
    EXPECT_EQ(response.header("CSeq"), "000000000007 PUBLISH");
}

TEST_F(Rfc3261Section20, NumbersBeyondTheirRangeAreMalformed) {
    for (const char* cseq : {"2147483648", "4294967296", "-1", "1.5", "36893488147419103232"}) {
        RequestText request = options();
        request.cseq = cseq;
        EXPECT_EQ(ask(request).message.reason, "Malformed CSeq header") << cseq;
    }
    for (const char* hops : {"256", "many", "-1", ""}) {
        EXPECT_EQ(
            ask(with(options().text(), "Max-Forwards: 70", std::string("Max-Forwards: ") + hops))
                .message.reason,
            "Malformed Max-Forwards header"
        ) << hops;
    }
}

TEST_F(Rfc3261Section20, ContentLengthIsANumber) {
    for (const char* length : {"-1", "abc", "99999999999999999999", "0, 1"}) {
        RequestText request = options();
        const std::string line = std::string("Content-Length: ") + length + "\r\n";
        EXPECT_EQ(ask(with(request.text(), "Content-Length: 0\r\n", line)).status(), 400) << length;
    }
}

TEST_F(Rfc3261Section20, AddressesHaveDisplayNamesQuotesAndEscapes) {
    for (const char* to :
         {R"("A \"quoted\" <name>, with; all" <sip:a@example.org>;x="y;z")",
          R"("no blank"<sip:a@example.org>)",
          "Token Names Without Quotes <sip:a@example.org>",
          "sip:a@example.org;header=param",
          "<sip:a;u=1:pw@example.org:5070;transport=udp?Subject=x&Y=z>",
          "<sip:a@[2001:db8::1]:5060>",
          "<sip:[2001:db8::1]>",
          "<tel:+1-201-555-0123;ext=5>",
          "<isbn:2983792873>",
          "\"\xc3\xbc\" <sip:a@example.org>"}) {
        RequestText request = options();
        request.to = to;
        const Sent response = ask(request);
        EXPECT_EQ(response.status(), 200) << to;
        EXPECT_EQ(response.header("To").find(std::string(to) + ";tag="), 0U) << to;
    }
}

TEST_F(Rfc3261Section20, MalformedAddressesAreNamed) {
    for (const char* to :
         {R"("not closed <sip:a@example.org>)",
          "<sip:a@example.org",
          "sip:a@example.org?x=y",
          "sip:a@example.org, <sip:b@example.org>",
          "\"a\" sip:a@example.org",
          "<sip:a b@example.org>",
          "<sip:a@example.org:70000>",
          "<sip:a@[2001:db8::g]>",
          "<sip:%zz@example.org>",
          "<sip:a@example.org>;",
          "<sip:a@example.org>;tag=1;tag=2",
          "<nothing>"}) {
        RequestText request = options();
        request.to = to;
        EXPECT_EQ(ask(request).message.reason, "Malformed To header") << to;
    }
}

TEST_F(Rfc3261Section25_1, BlanksMayStandWhereTheGrammarHasThem) {
    const Sent response = ask(wire(R"(
OPTIONS sip:192.0.2.1 SIP/2.0
Via  :  SIP  /	2.0 / UDP  198.51.100.1  :  5071  ;  branch  =  z9hG4bKblanks  ;  x
To :  "x"   <sip:a@example.org>  ;  y  =  z
From	:	<sip:b@example.org>  ;  tag  =  1
Call-ID : blanks
CSeq: 1   	 OPTIONS
Max-Forwards : 70

)"));
    EXPECT_EQ(response.status(), 200);
    EXPECT_EQ(response.flow.peer, endpoint("198.51.100.1", 5071));
}

TEST_F(Rfc3261Section25_1, ANulOrAControlCharacterIsNoPartOfAnAddress) {
    for (const char c : {'\0', '\x01', '\x7f'}) {
        RequestText request = options();
        request.to = std::string("<sip:a") + c + "b@example.org>";
        EXPECT_EQ(ask(request).status(), 400) << int{c};
    }
}

TEST_F(Rfc3261Section25_1, BytesThatAreNoUtf8ReachNothingButTheirOwnResponse) {
    RequestText request = options();
    request.more = {"X-Binary: \xff\xfe\xc0\x80"};
    request.from = "\"\xff\xfe\" <sip:b@example.org>;tag=1";
    const Sent response = ask(request);
    EXPECT_EQ(response.status(), 200);
    EXPECT_EQ(response.header("From"), request.from);
}

TEST_F(Rfc3261Section25_1, LinesThatEndInLfAloneAreRead) {
    EXPECT_EQ(ask(with(options().text(), "\r\n", "\n")).status(), 200);
}

}  // namespace
}  // namespace reginfo::test
