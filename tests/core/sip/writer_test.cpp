/// @file
/// The fields that a response copies from its request, and the added ones.

#include "core/sip/writer.hpp"

#include "core/sip/parser.hpp"
#include "core/sip/value_list.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace reginfo::sip {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

const Endpoint kSource{*IpAddress::parse("192.0.2.1"), 4321};

std::string response_to(std::string fields, std::string_view reason = "", int status = 200) {
    const std::string bytes = "OPTIONS sip:h SIP/2.0\r\n" + fields + "\r\n";
    Message message;
    EXPECT_EQ(parse_message(bytes, {}, message), ParseError::none);
    ValueList vias(message, HeaderName::via);
    const auto top = vias.next();
    const auto via = top ? parse_via(*top) : std::nullopt;
    if (!via) return "no Via";
    std::string out;
    begin_response(out, message, *via, kSource, status, reason, "mine");
    return out;
}

std::string via_of(std::string_view via) {
    const std::string response = response_to("Via: " + std::string(via) + "\r\n");
    const std::string_view text = std::string_view(response).substr(response.find("Via: ") + 5);
    return std::string(text.substr(0, text.find("\r\n")));
}

TEST(Response, RepeatsWhatRfc3261AsksForAndNothingElse) {
    EXPECT_EQ(
        response_to(
            "v: SIP/2.0/UDP 192.0.2.1;branch=a, SIP/2.0/TCP g\r\nVia: SIP/2.0/UDP f\r\n"
            "f: <sip:a@b>;tag=1\r\nt: <sip:c@d>\r\ni: call\r\nCSeq: 1 OPTIONS\r\ntimestamp: 54\r\n"
            "Event: reg\r\nX: y\r\n"
        ),
        "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=a\r\nVia: SIP/2.0/TCP g\r\n"
        "Via: SIP/2.0/UDP f\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=mine\r\nCall-ID: call\r\n"
        "CSeq: 1 OPTIONS\r\nTimestamp: 54\r\n"
    );
}

TEST(Response, RepeatsEachOnceAndLeavesOutWhatIsMissing) {
    const std::string response =
        response_to("Via: SIP/2.0/UDP 192.0.2.1\r\nCSeq: 1 A\r\nX: y\r\nCSeq: 2 B\r\n");
    EXPECT_EQ(response, "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.1\r\nCSeq: 1 A\r\n");
}

TEST(Response, KeepsTheToTagThatIsThere) {
    EXPECT_THAT(
        response_to("Via: SIP/2.0/UDP h\r\nTo: <sip:c@d>;TAG=theirs\r\n"),
        HasSubstr("To: <sip:c@d>;TAG=theirs\r\n")
    );
    EXPECT_THAT(
        response_to("Via: SIP/2.0/UDP h\r\nTo: <sip:c@d;tag=no>\r\n"),
        HasSubstr("To: <sip:c@d;tag=no>;tag=mine\r\n")
    );
}

TEST(Response, SkipsViaFieldsWithoutAValueBeforeTheTopOne) {
    EXPECT_EQ(
        response_to("Via: ,\r\nVia:\r\nVia: SIP/2.0/UDP h\r\nVia: SIP/2.0/UDP g\r\n"),
        "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h;received=192.0.2.1\r\nVia: SIP/2.0/UDP g\r\n"
    );
}

TEST(Response, HasTheReasonGivenOrTheDefault) {
    EXPECT_THAT(
        response_to("Via: SIP/2.0/UDP h\r\n", "Bad X", 400), StartsWith("SIP/2.0 400 Bad X\r\n")
    );
    EXPECT_THAT(
        response_to("Via: SIP/2.0/UDP h\r\n", "", 489), StartsWith("SIP/2.0 489 Bad Event\r\n")
    );
    EXPECT_EQ(reason_of(299), "Unknown");
    EXPECT_EQ(reason_of(100), "Trying");
    EXPECT_EQ(reason_of(412), "Conditional Request Failed");
    EXPECT_EQ(reason_of(606), "Not Acceptable");
    EXPECT_EQ(reason_of(607), "Unknown");
}

TEST(TopVia, GetsReceivedWhereSentByIsNotTheSource) {
    EXPECT_EQ(via_of("SIP/2.0/UDP 192.0.2.1:9;branch=a"), "SIP/2.0/UDP 192.0.2.1:9;branch=a");
    EXPECT_EQ(
        via_of("SIP/2.0/UDP 192.0.2.2;branch=a"),
        "SIP/2.0/UDP 192.0.2.2;branch=a;received=192.0.2.1"
    );
    EXPECT_EQ(via_of("SIP/2.0/UDP h.invalid"), "SIP/2.0/UDP h.invalid;received=192.0.2.1");
    EXPECT_EQ(
        via_of("SIP / 2.0 / UDP h : 9 ; a = b"), "SIP / 2.0 / UDP h : 9;a = b;received=192.0.2.1"
    );
}

TEST(TopVia, GetsRportAndReceivedWhereRportWasAskedFor) {
    EXPECT_EQ(
        via_of("SIP/2.0/UDP 192.0.2.1;rport;branch=a"),
        "SIP/2.0/UDP 192.0.2.1;branch=a;received=192.0.2.1;rport=4321"
    );
    EXPECT_EQ(
        via_of("SIP/2.0/UDP 192.0.2.1 ; branch=a ; RPORT=1 "),
        "SIP/2.0/UDP 192.0.2.1;branch=a;received=192.0.2.1;rport=4321"
    );
}

TEST(TopVia, LosesAReceivedThatTheClientClaimed) {
    EXPECT_EQ(via_of("SIP/2.0/UDP 192.0.2.1;received=6.6.6.6;a"), "SIP/2.0/UDP 192.0.2.1;a");
    EXPECT_EQ(via_of("SIP/2.0/UDP h;received=6.6.6.6"), "SIP/2.0/UDP h;received=192.0.2.1");
}

TEST(TopVia, AnIpv6SentByIsComparedAsAnAddress) {
    const std::string bytes =
        "OPTIONS sip:h SIP/2.0\r\nVia: SIP/2.0/UDP [2001:DB8:0::1]:5060;rport\r\n\r\n";
    Message message;
    ASSERT_EQ(parse_message(bytes, {}, message), ParseError::none);
    const auto via = parse_via(*message.first(HeaderName::via));
    std::string out;
    begin_response(out, message, *via, {*IpAddress::parse("2001:db8::1"), 7}, 200, "", "t");
    EXPECT_THAT(
        out, HasSubstr("Via: SIP/2.0/UDP [2001:DB8:0::1]:5060;received=2001:db8::1;rport=7\r\n")
    );
}

TEST(Writer, CopiesAllFieldsOfANameInOrder) {
    Message message;
    message.add({HeaderName::record_route, "record-route", "<sip:a;lr>, <sip:b;lr>"});
    message.add({HeaderName::route, "Route", "<sip:x;lr>"});
    message.add({HeaderName::record_route, "Record-Route", "<sip:c;lr>"});
    std::string out;
    copy_headers(out, message, HeaderName::record_route);
    EXPECT_EQ(out, "Record-Route: <sip:a;lr>, <sip:b;lr>\r\nRecord-Route: <sip:c;lr>\r\n");
}

TEST(Writer, WritesFieldsNumbersAndTheEndOfTheHead) {
    std::string out;
    append_header(out, "Event", "reg");
    append_header(out, "Expires", UINT64_MAX);
    end_head(out, 0);
    EXPECT_EQ(out, "Event: reg\r\nExpires: 18446744073709551615\r\nContent-Length: 0\r\n\r\n");
}

}  // namespace
}  // namespace reginfo::sip
