/// @file
/// RFC 3261 §8.2 (general UAS behavior), §9.2 (CANCEL), §11 (OPTIONS), §21.

#include "tests/wire/wire_fixture.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

namespace reginfo::test {
namespace {

using Rfc3261Section8_1_1 = WireTest;
using Rfc3261Section8_2_1 = WireTest;
using Rfc3261Section8_2_2_1 = WireTest;
using Rfc3261Section8_2_2_2 = WireTest;
using Rfc3261Section8_2_2_3 = WireTest;
using Rfc3261Section8_2_3 = WireTest;
using Rfc3261Section8_2_6_2 = WireTest;
using Rfc3261Section9_2 = WireTest;
using Rfc3261Section11_2 = WireTest;
using Rfc3261Section16_3 = WireTest;
using Rfc3261Section21_5 = WireTest;

TEST_F(Rfc3261Section8_1_1, AMissingMandatoryFieldIsNamed) {
    struct Case {
        const char* name;
        std::function<void(RequestText&)> leave_out;
    };
    for (const Case& c : std::vector<Case>{
             {"From", [](RequestText& r) { r.from.clear(); }},
             {"To", [](RequestText& r) { r.to.clear(); }},
             {"Call-ID", [](RequestText& r) { r.call_id.clear(); }},
             {"CSeq", [](RequestText& r) { r.cseq.clear(); }}
         }) {
        for (RequestText request : {options(), publish(), subscribe()}) {
            c.leave_out(request);
            const Sent response = ask(request);
            EXPECT_EQ(response.status(), 400) << c.name;
            EXPECT_EQ(response.message.reason, std::string("Missing ") + c.name + " header");
        }
    }
    EXPECT_EQ(world.stats().publications + world.stats().subscriptions, 0U);
}

TEST_F(Rfc3261Section8_1_1, WithoutAViaThereIsNobodyToAnswer) {
    RequestText request = options();
    request.via = "";
    EXPECT_TRUE(hear(request).empty());
}

TEST_F(Rfc3261Section8_1_1, AViaThatIsNoneIsRefusedToWhereItCameFrom) {
    for (const char* via :
         {";;",
          "SIP/2.0/UDP",
          "SIP/2.0/UDP :5060",
          "SIP/2.0 h",
          "SIP/2.0/UDP h:0;branch=z9hG4bK1",
          "SIP/2.0/UDP h;branch=z9hG4bK1;rport;",
          "SIP/2.0/UDP h;branch=z9hG4bK1;branch=z9hG4bK2"}) {
        for (RequestText request : {options(), publish(), subscribe()}) {
            request.via = via;
            const Sent response = ask(request);
            EXPECT_EQ(response.status(), 400) << via;
            EXPECT_EQ(response.message.reason, "Malformed Via header");
            EXPECT_EQ(response.header("Via"), via);
        }
    }
    EXPECT_EQ(world.stats().publications + world.stats().subscriptions, 0U);
    RequestText ack = options();
    ack.method = "ACK";
    ack.via = ";;";
    EXPECT_TRUE(hear(ack).empty());
}

TEST_F(Rfc3261Section8_1_1, MaxForwardsMayBeMissing) {
    EXPECT_EQ(ask(with(options().text(), "Max-Forwards: 70\r\n", "")).status(), 200);
}

TEST_F(Rfc3261Section8_1_1, AFromWithoutTagIsThatOfAnOlderClient) {
    for (RequestText request : {options(), publish(), subscribe()}) {
        request.from = "<sip:old@example.org>";
        EXPECT_EQ(ask(request).status(), 200);
    }
    EXPECT_EQ(world.take_notifies().at(0).header("To"), "<sip:old@example.org>");
}

TEST_F(Rfc3261Section8_1_1, TheMethodInCSeqIsThatOfTheRequest) {
    EXPECT_EQ(ask(with(options().text(), "1 OPTIONS", "1 INVITE")).status(), 400);
}

TEST_F(Rfc3261Section8_2_1, AMethodThatIsNotServedIsRefusedWithAllow) {
    for (const char* method :
         {"REGISTER",
          "MESSAGE",
          "INFO",
          "REFER",
          "UPDATE",
          "PRACK",
          "BYE",
          "INVITE",
          "FROBNICATE",
          "publish"}) {
        RequestText request = options();
        request.method = method;
        const Sent response = ask(request);
        EXPECT_EQ(response.status(), 405) << method;
        EXPECT_EQ(response.header("Allow"), "ACK, CANCEL, OPTIONS, PUBLISH, SUBSCRIBE");
    }
}

TEST_F(Rfc3261Section8_2_1, TheMethodIsLookedAtBeforeRequireAndRequestUri) {
    RequestText request = options();
    request.method = "MESSAGE";
    request.uri = "unknown:x";
    request.more = {"Require: nothing"};
    EXPECT_EQ(ask(request).status(), 405);
}

TEST_F(Rfc3261Section8_2_2_1, AnUnknownSchemeOfTheRequestUriIs416) {
    for (RequestText request : {options(), publish(), subscribe()}) {
        request.uri = "mailto:alice@example.org";
        EXPECT_EQ(ask(request).status(), 416);
    }
}

TEST_F(Rfc3261Section8_2_2_1, AnUnknownSchemeInToIsNoReasonToRefuse) {
    RequestText request = publish();
    request.to = "<nobodyKnowsThisScheme:totallyopaquecontent>";
    EXPECT_EQ(ask(request).status(), 200);
}

TEST_F(Rfc3261Section8_2_2_1, AnyToIsTaken) {
    RequestText request = publish();
    request.to = "<sip:somebody@elsewhere.example>";
    EXPECT_EQ(ask(request).status(), 200);
}

/// "482" is a SHOULD there; more in core/engine_repeat_test.cpp.
TEST_F(Rfc3261Section8_2_2_2, TheSameRequestByAnotherWayGetsTheAnswerOfTheFirst) {
    for (RequestText request : {options(), publish(), subscribe()}) {
        const Sent first = ask(request);
        EXPECT_EQ(first.status(), 200);
        request.via = options().via;
        const Sent again = ask(request);
        EXPECT_EQ(again.status(), 200);
        EXPECT_EQ(again.header("To"), first.header("To"));
    }
    EXPECT_EQ(world.stats().publications, 1U);
    EXPECT_EQ(world.stats().subscriptions, 1U);
}

TEST_F(Rfc3261Section8_2_2_2, AnotherCSeqFromTagOrCallIdIsAnotherRequest) {
    const RequestText request = options();
    EXPECT_EQ(ask(request).status(), 200);
    for (const auto& change : std::vector<std::function<void(RequestText&)>>{
             [](RequestText& r) { r.cseq = "2"; },
             [](RequestText& r) { r.from = "<sip:peer@example.org>;tag=other"; },
             [](RequestText& r) { r.call_id = "other"; }
         }) {
        RequestText other = request;
        other.via = options().via;
        change(other);
        EXPECT_EQ(ask(other).status(), 200);
    }
}

TEST_F(Rfc3261Section8_2_2_3, ExtensionsThatAreRequiredAreListedAsUnsupported) {
    for (RequestText request : {options(), publish(), subscribe()}) {
        request.more = {"Require: foo, bar", "Require: baz"};
        const Sent response = ask(request);
        EXPECT_EQ(response.status(), 420);
        EXPECT_EQ(response.header("Unsupported"), "foo, bar, baz");
    }
    EXPECT_EQ(world.stats().publications + world.stats().subscriptions, 0U);
}

TEST_F(Rfc3261Section8_2_2_3, ARequireThatNamesNoExtensionIsMalformed) {
    for (const char* tags : {"\"q\"", "foo, @@@", ";;"}) {
        RequestText request = options();
        request.more = {std::string("Require: ") + tags};
        EXPECT_EQ(ask(request).message.reason, "Malformed Require header") << tags;
    }
}

TEST_F(Rfc3261Section8_2_2_3, ProxyRequireIsForProxies) {
    RequestText request = options();
    request.more = {"Proxy-Require: foo"};
    EXPECT_EQ(ask(request).status(), 200);
}

TEST_F(Rfc3261Section8_2_2_3, RequireIsIgnoredInCancelAndAck) {
    RequestText request = options();
    request.method = "CANCEL";
    request.more = {"Require: foo"};
    EXPECT_EQ(ask(request).status(), 481);
    request.method = "ACK";
    EXPECT_TRUE(hear(request).empty());
}

TEST_F(Rfc3261Section8_2_3, ABodyThatIsNotUnderstoodIsRefusedWithWhatIs) {
    for (RequestText request : {options(), publish(), subscribe()}) {
        request.content_type = "application/sdp";
        request.body = "v=0\r\n";
        const Sent response = ask(request);
        EXPECT_EQ(response.status(), 415) << request.method;
        EXPECT_EQ(response.header("Accept"), "application/reginfo+xml");
    }
    EXPECT_EQ(world.stats().publications + world.stats().subscriptions, 0U);
}

TEST_F(Rfc3261Section8_2_3, ABodyThatMayBeIgnoredIs) {
    for (RequestText request : {options(), subscribe()}) {
        request.content_type = "application/sdp";
        request.body = "v=0\r\n";
        request.more = {"Content-Encoding: gzip", "Content-Disposition: x ; handling=Optional"};
        EXPECT_EQ(ask(request).status(), 200) << request.method;
        request.via = options().via;
        request.cseq = "2";
        request.more.back() = "Content-Disposition: x;handling=required";
        EXPECT_EQ(ask(request).status(), 415) << request.method;
    }
}

TEST_F(Rfc3261Section8_2_3, WithoutABodyItsFieldsSayNothing) {
    RequestText request = subscribe();
    request.content_type = "application/sdp";
    request.more = {"Content-Encoding: gzip", "Content-Language: fr"};
    EXPECT_EQ(ask(request).status(), 200);
}

TEST_F(Rfc3261Section8_2_3, ContentTypesHaveParametersAndNoCase) {
    for (const char* type :
         {"Application/RegInfo+XML",
          "application/reginfo+xml;charset=\"utf-8\";x",
          "application / reginfo+xml ; charset=utf-8"}) {
        RequestText request = publish();
        request.content_type = type;
        EXPECT_EQ(ask(request).status(), 200) << type;
    }
}

TEST_F(Rfc3261Section8_2_3, AnyLanguageAndTheEncodingIdentityAreUnderstood) {
    RequestText request = publish();
    request.more = {"Content-Language: tlh", "Content-Encoding: Identity"};
    EXPECT_EQ(ask(request).status(), 200);
}

TEST_F(Rfc3261Section8_2_6_2, AResponseRepeatsViaFromToCallIdAndCSeq) {
    RequestText request = options();
    request.more = {"Via: SIP/2.0/UDP second;branch=z9hG4bKz;received=192.0.2.7", "Timestamp: 54"};
    const Sent response = ask(request);
    EXPECT_EQ(response.header("Via"), request.via);
    EXPECT_NE(
        response.bytes->find("second;branch=z9hG4bKz;received=192.0.2.7\r\n"), std::string::npos
    );
    EXPECT_EQ(response.header("From"), request.from);
    EXPECT_EQ(response.header("Call-ID"), request.call_id);
    EXPECT_EQ(response.header("CSeq"), "1 OPTIONS");
    EXPECT_EQ(response.header("To").find(request.to + ";tag="), 0U);
    EXPECT_EQ(response.header("Timestamp"), "54");
    EXPECT_EQ(response.header("Content-Length"), "0");
}

TEST_F(Rfc3261Section8_2_6_2, EveryRefusalHasAToTagToo) {
    RequestText bad_event = publish();
    bad_event.event = "presence";
    RequestText bad_tag = publish();
    bad_tag.more = {"SIP-If-Match: none"};
    RequestText bad_method = options();
    bad_method.method = "FOO";
    RequestText missing = options();
    missing.from.clear();
    for (const RequestText& request : {bad_event, bad_tag, bad_method, missing}) {
        const Sent response = ask(request);
        EXPECT_GE(response.status(), 300);
        EXPECT_NE(param_of(response.header("To"), "tag"), "-") << response.status();
    }
}

TEST_F(Rfc3261Section8_2_6_2, TwoResponsesHaveDifferentTagsAndATagThatIsThereStays) {
    EXPECT_NE(ask(options()).header("To"), ask(options()).header("To"));
    RequestText request = options();
    request.to += ";tag=mine";
    EXPECT_EQ(ask(request).header("To"), request.to);
}

TEST_F(Rfc3261Section9_2, ACancelOfWhatIsKnownIs200AndChangesNothing) {
    RequestText message = options();
    message.method = "MESSAGE";
    for (RequestText request : {subscribe(), publish(), options(), message}) {
        const Sent answered = ask(request);
        request.method = "CANCEL";
        const Sent response = ask(request);
        EXPECT_EQ(response.status(), 200);
        EXPECT_EQ(response.header("To"), answered.header("To")) << "the same tag";
    }
    EXPECT_EQ(world.stats().publications, 1U);
    EXPECT_EQ(world.stats().subscriptions, 1U);
}

TEST_F(Rfc3261Section9_2, ACancelIsMatchedByRfc2543RulesWithoutTheMagicCookie) {
    RequestText request = subscribe();
    request.via = "SIP/2.0/UDP 198.51.100.1:5060;branch=1";
    ask(request);
    request.method = "CANCEL";
    EXPECT_EQ(ask(request).status(), 200);
    request.call_id = "other";
    EXPECT_EQ(ask(request).status(), 481);
}

TEST_F(Rfc3261Section9_2, ACancelOfNothingIs481) {
    RequestText request = options();
    request.method = "CANCEL";
    EXPECT_EQ(ask(request).status(), 481);
}

TEST_F(Rfc3261Section11_2, TheAnswerToOptionsListsWhatIsServed) {
    const Sent response = ask(options());
    EXPECT_EQ(response.status(), 200);
    EXPECT_EQ(response.header("Allow"), "ACK, CANCEL, OPTIONS, PUBLISH, SUBSCRIBE");
    EXPECT_EQ(response.header("Accept"), "application/reginfo+xml");
    EXPECT_EQ(response.header("Accept-Encoding"), "identity");
    EXPECT_EQ(response.header("Accept-Language"), "en");
    EXPECT_EQ(response.header("Allow-Events"), "reg");
    EXPECT_TRUE(response.has("Supported"));
    EXPECT_EQ(response.header("Supported"), "");
}

TEST_F(Rfc3261Section11_2, OptionsWithinNoDialogOfOursIsAnsweredAlike) {
    RequestText request = options();
    request.to += ";tag=unknown";
    EXPECT_EQ(ask(request).status(), 200);
}

TEST_F(Rfc3261Section16_3, MaxForwardsOfZeroIsForProxiesAndTheServerIsTheEnd) {
    for (const RequestText& request : {options(), publish(), subscribe()}) {
        EXPECT_EQ(ask(with(request.text(), "Max-Forwards: 70", "Max-Forwards: 0")).status(), 200)
            << request.method;
    }
}

TEST_F(Rfc3261Section21_5, AnotherVersionIs505) {
    for (const char* version : {"SIP/3.0", "SIP/7.0", "SIP/2.1", "SIP/1.0"}) {
        EXPECT_EQ(
            ask(with(options().text(), " SIP/2.0\r\nVia", " " + std::string(version) + "\r\nVia"))
                .status(),
            505
        ) << version;
    }
}

TEST_F(Rfc3261Section21_5, AMessageThatIsTooLargeIs513) {
    RequestText request = options();
    request.more.assign(600, "X: y");
    EXPECT_EQ(ask(request).status(), 513);
    request = options();
    request.more = {"X: " + std::string(70'000, 'y')};
    EXPECT_EQ(ask(request).status(), 513);
}

}  // namespace
}  // namespace reginfo::test
