/// @file
/// Torture messages in the manner of RFC 4475: the answers of the server. The parser gets the same
/// files in tests/core/sip/torture_test.cpp.

#include "tests/wire/wire_fixture.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace reginfo::test {
namespace {

constexpr int kSilence = 0;

struct Torture {
    const char* name;
    int status;
};

void PrintTo(const Torture& c, std::ostream* out) { *out << c.name; }

class Rfc4475Files : public testing::TestWithParam<Torture> {};

TEST_P(Rfc4475Files, AreAnsweredAsTheyDeserve) {
    std::ifstream file(
        std::string(REGINFO_TEST_DATA "/rfc4475/") + GetParam().name + ".dat", std::ios::binary
    );
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    ASSERT_FALSE(bytes.empty());
    World world;
    world.receive(udp_flow("198.51.100.1"), bytes);
    const std::vector<Sent> sent = world.take();
    ASSERT_EQ(sent.size(), GetParam().status == kSilence ? 0U : 1U);
    if (!sent.empty()) {
        EXPECT_EQ(sent[0].status(), GetParam().status) << sent[0].message.reason;
    }
    EXPECT_EQ(world.stats().dialogs, 0U);
}

INSTANTIATE_TEST_SUITE_P(
    Legal,
    Rfc4475Files,
    testing::Values(
        Torture{"wsinv", 481},          // 3.1.1.1: within a dialog that is not ours
        Torture{"intmeth", 405},        // 3.1.1.2
        Torture{"esc01", 200},          // 3.1.1.3
        Torture{"escnull", 200},        // 3.1.1.4
        Torture{"esc02", 405},          // 3.1.1.5
        Torture{"lwsdisp", 200},        // 3.1.1.6
        Torture{"longreq", 200},        // 3.1.1.7
        Torture{"dblreq", 200},         // 3.1.1.8
        Torture{"semiuri", 200},        // 3.1.1.9
        Torture{"transports", 200},     // 3.1.1.10
        Torture{"unreason", kSilence},  // 3.1.1.12: a stray response
        Torture{"noreason", kSilence}   // 3.1.1.13
    )
);

INSTANTIATE_TEST_SUITE_P(
    Broken,
    Rfc4475Files,
    testing::Values(
        Torture{"badinv01", 400},     // 3.1.2.1: the Via is useless, but there is a source address
        Torture{"clerr", 400},        // 3.1.2.2
        Torture{"ncl", 400},          // 3.1.2.3
        Torture{"scalar02", 400},     // 3.1.2.4
        Torture{"quotbal", 400},      // 3.1.2.6
        Torture{"ltgtruri", 400},     // 3.1.2.7
        Torture{"lwsruri", 400},      // 3.1.2.8
        Torture{"lwsstart", 400},     // 3.1.2.9
        Torture{"trws", 400},         // 3.1.2.10
        Torture{"escruri", 200},      // 3.1.2.11: headers of a Request-URI are ignored
        Torture{"regbadct", 200},     // 3.1.2.13: an OPTIONS has no use for its Contact
        Torture{"badaspec", 400},     // 3.1.2.14
        Torture{"baddn", 400},        // 3.1.2.15
        Torture{"mismatch01", 400},   // 3.1.2.17
        Torture{"bigcode", kSilence}  // 3.1.2.19: a response that is none
    )
);

using Rfc4475Section3_1_1 = WireTest;
using Rfc4475Section3_1_2 = WireTest;
using Rfc4475Section3_2_1 = WireTest;
using Rfc4475Section3_3 = WireTest;

TEST_F(Rfc4475Section3_1_1, Section11MultipartIsNotUnderstood) {
    RequestText request = publish();
    request.content_type = "multipart/mixed;boundary=7a9cbec02ceef655";
    request.body =
        "--7a9cbec02ceef655\r\nContent-Type: text/plain\r\n\r\nx\r\n--7a9cbec02ceef655--\r\n";
    EXPECT_EQ(ask(request).status(), 415);
}

TEST_F(Rfc4475Section3_1_2, Section5AnOverlargeDeltaIsCutAndNotWrapped) {
    RequestText request = subscribe();
    request.expires = "1000000000000000000000000000000000000";
    EXPECT_EQ(ask(request).header("Expires"), "86400");
}

TEST_F(Rfc4475Section3_1_2, Section16AnUnknownVersionIs505) {
    EXPECT_EQ(ask(with(options().text(), " SIP/2.0\r\nVia", " SIP/7.0\r\nVia")).status(), 505);
}

TEST_F(Rfc4475Section3_1_2, Section18AnUnknownMethodThatIsNotThatOfCSeqIs400) {
    RequestText request = options();
    request.method = "NEWMETHOD";
    EXPECT_EQ(ask(with(request.text(), "1 NEWMETHOD", "1 INVITE")).status(), 400);
}

TEST_F(Rfc4475Section3_2_1, ABranchOfTheCookieAloneDoesNotDistinguishRequests) {
    RequestText first = publish();
    first.via = "SIP/2.0/UDP 198.51.100.1:5060;branch=z9hG4bK";
    RequestText second = publish();
    second.via = first.via;
    const std::string tag = ask(first).header("SIP-ETag");
    EXPECT_NE(ask(second).header("SIP-ETag"), tag);
    EXPECT_EQ(ask(first).header("SIP-ETag"), tag) << "a retransmission";
}

TEST_F(Rfc4475Section3_3, Section1MissingFieldsAre400) {
    EXPECT_EQ(
        ask("OPTIONS sip:x@reg.example SIP/2.0\r\nVia: SIP/2.0/UDP "
            "198.51.100.1;branch=z9hG4bKi\r\n\r\n")
            .status(),
        400
    );
}

TEST_F(Rfc4475Section3_3, Section2To4UnknownSchemes) {
    RequestText request = options();
    request.uri = "nobodyKnowsThisScheme:totallyopaquecontent";
    EXPECT_EQ(ask(request).status(), 416) << "2: unknown";
    request = options();
    request.uri = "soap.beep://192.0.2.103:3002";
    EXPECT_EQ(ask(request).status(), 416) << "3: known, of something else";
    request = options();
    request.to = "<isbn:2983792873>";
    request.from = "<http://www.example.com>;tag=1";
    EXPECT_EQ(ask(request).status(), 200) << "4: in To and From";
}

TEST_F(Rfc4475Section3_3, Section5ProxyRequireAndRequire) {
    RequestText request = options();
    request.more = {
        "Require: nothingSupportsThis, nothingSupportsThisEither",
        "Proxy-Require: noProxiesSupportThis, norDoAnyProxiesSupportThis"
    };
    const Sent response = ask(request);
    EXPECT_EQ(response.status(), 420);
    EXPECT_EQ(response.header("Unsupported"), "nothingSupportsThis, nothingSupportsThisEither");
}

TEST_F(Rfc4475Section3_3, Section6AnUnknownContentTypeIs415) {
    RequestText request = subscribe();
    request.content_type = "application/unknownformat";
    request.body = "<audio><pcmu port=\"443\"/></audio>";
    EXPECT_EQ(ask(request).status(), 415);
}

TEST_F(Rfc4475Section3_3, Section7AnUnknownAuthorizationIsIgnored) {
    RequestText request = publish();
    request.more = {"Authorization: NoOneKnowsThisScheme opaque-data=here"};
    EXPECT_EQ(ask(request).status(), 200);
}

TEST_F(Rfc4475Section3_3, Section8SeveralValuesOfFieldsThatHaveOneAre400) {
    RequestText request = options();
    request.more = {
        "CSeq: 5 OPTIONS", "Call-ID: b", "From: <sip:o@x>;tag=2", "To: <sip:o@x>", "Max-Forwards: 5"
    };
    EXPECT_EQ(ask(request).status(), 400);
}

TEST_F(Rfc4475Section3_3, Section9ContentLengthsThatDifferAre400) {
    RequestText request = publish();
    request.more = {"Content-Length: 3"};
    EXPECT_EQ(ask(request).status(), 400);
}

TEST_F(Rfc4475Section3_3, Section10ABroadcastSentByIsAnsweredToTheSource) {
    RequestText request = options();
    request.via = "SIP/2.0/UDP 255.255.255.255;branch=z9hG4bKbcast;rport";
    EXPECT_EQ(ask(request).flow, flow);
}

TEST_F(Rfc4475Section3_3, Section11MaxForwardsOfZeroAtTheLastElement) {
    EXPECT_EQ(ask(with(options().text(), "Max-Forwards: 70", "Max-Forwards: 0")).status(), 200);
}

TEST_F(Rfc4475Section3_3, Section15AcceptOfNothingUsableIs406) {
    RequestText request = subscribe();
    request.more = {"Accept: text/nobodyKnowsThis"};
    EXPECT_EQ(ask(request).status(), 406);
}

TEST_F(Rfc4475Section3_3, Section16ARequestOfRfc2543IsServed) {
    EXPECT_EQ(
        ask(wire(R"(
OPTIONS sip:UserB@example.com SIP/2.0
Via: SIP/2.0/UDP iftgw.example.com
From: <sip:+13035551111@ift.client.example.net;user=phone>
To: sip:+16505552222@ss1.example.net;user=phone
Call-ID: inv2543.1717@ift.client.example.com
CSeq: 56 OPTIONS

)"))
            .status(),
        200
    );
}

}  // namespace
}  // namespace reginfo::test
