/// @file
/// What every request must satisfy (RFC 3261 §8.1.1, §8.2, §21).

#include "core/request_reader.hpp"

#include "tests/support/engine_fixture.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

namespace reginfo::test {
namespace {

struct Case {
    const char* why;
    std::function<void(RequestText&)> spoil;
    int status;
    const char* reason = "";
};

/// A PUBLISH that nothing but one thing is wrong with.
Sent answer_to(World& world, const std::function<void(RequestText&)>& spoil) {
    Publisher publisher;
    RequestText request = publisher.request(3600, BodyText{}.text());
    spoil(request);
    return world.ask(publisher.flow, request.text());
}

TEST(RequestReader, ARequestWithNothingWrongIsServed) {
    World world;
    EXPECT_EQ(answer_to(world, [](RequestText&) {}).status(), 200);
}

TEST(RequestReader, WhatIsMissingOrMalformedIsNamedInThe400) {
    const std::vector<Case> cases = {
        {"no From", [](auto& r) { r.from.clear(); }, 400, "Missing From header"},
        {"no To", [](auto& r) { r.to.clear(); }, 400, "Missing To header"},
        {"no Call-ID", [](auto& r) { r.call_id.clear(); }, 400, "Missing Call-ID header"},
        {"no CSeq", [](auto& r) { r.cseq.clear(); }, 400, "Missing CSeq header"},
        {"two Froms", [](auto& r) { r.more = {"f: <sip:a@b>"}; }, 400, "Several From headers"},
        {"two CSeqs", [](auto& r) { r.more = {"CSeq: 1 PUBLISH"}; }, 400, "Several CSeq headers"},
        {"bad From", [](auto& r) { r.from = "<sip:a@b"; }, 400, "Malformed From header"},
        {"From no URI", [](auto& r) { r.from = "<x>;tag=1"; }, 400, "Malformed From header"},
        {"bad CSeq", [](auto& r) { r.cseq = "x"; }, 400, "Malformed CSeq header"},
        {"CSeq of 2^31", [](auto& r) { r.cseq = "2147483648"; }, 400, "Malformed CSeq header"},
        {"bad Max-Forwards",
         [](auto& r) { r.more = {"Max-Forwards: 1"}; },
         400,
         "Several Max-Forwards headers"},
        {"bad Request-URI", [](auto& r) { r.uri = "sip:a b@c"; }, 400},
        {"other scheme", [](auto& r) { r.uri = "http://example.org"; }, 416},
        {"extension", [](auto& r) { r.more = {"Require: a, b"}; }, 420, "Bad Extension"},
        {"encoded", [](auto& r) { r.more = {"Content-Encoding: gzip"}; }, 415},
    };
    for (const Case& c : cases) {
        SCOPED_TRACE(c.why);
        World world;
        Publisher publisher;
        RequestText request = publisher.request(3600, BodyText{}.text());
        c.spoil(request);
        world.receive(publisher.flow, request.text());
        const std::vector<Sent> sent = world.take();
        if (std::string_view(c.why) == "bad Request-URI" && sent.empty()) continue;
        ASSERT_EQ(sent.size(), 1U);
        EXPECT_EQ(sent[0].status(), c.status);
        const std::string_view expected = c.reason;
        EXPECT_EQ(sent[0].message.reason, expected.empty() ? sent[0].message.reason : expected);
        EXPECT_EQ(world.stats().publications, 0U);
    }
}

TEST(RequestReader, TheMethodInCSeqMustBeThatOfTheRequest) {
    World world;
    Publisher publisher;
    std::string text = publisher.request(3600, BodyText{}.text()).text();
    text.replace(text.find("1 PUBLISH"), 9, "1 publish");
    EXPECT_EQ(world.ask(publisher.flow, text).status(), 400);
}

TEST(RequestReader, AnotherSipVersionIsRefused) {
    World world;
    Publisher publisher;
    std::string text = publisher.request(3600, BodyText{}.text()).text();
    text.replace(text.find(" SIP/2.0\r\n"), 10, " SIP/3.0\r\n");
    EXPECT_EQ(world.ask(publisher.flow, text).status(), 505);
}

TEST(RequestReader, UnsupportedExtensionsAreListed) {
    World world;
    const Sent response = answer_to(world, [](auto& r) { r.more = {"Require: a, b"}; });
    EXPECT_EQ(response.header("Unsupported"), "a, b");
}

TEST(RequestReader, IdentityIsNoEncoding) {
    World world;
    EXPECT_EQ(
        answer_to(world, [](auto& r) { r.more = {"Content-Encoding: identity"}; }).status(), 200
    );
}

TEST(RequestReader, AShortBodyIsRefusedAndChangesNothing) {
    World world;
    Publisher publisher;
    std::string text = publisher.request(3600, BodyText{}.text()).text();
    text.resize(text.size() - 1);
    EXPECT_EQ(world.ask(publisher.flow, text).status(), 400);
    EXPECT_EQ(world.stats().publications, 0U);
}

TEST(RequestReader, ARequestWithoutUsableViaCannotBeAnswered) {
    World world;
    RequestText request;
    request.via = "garbage";
    world.receive(udp_flow("198.51.100.1"), request.text());
    EXPECT_TRUE(world.take().empty());
    EXPECT_EQ(world.stats().unanswerable, 1U);
    EXPECT_EQ(world.notes.size(), 1U);
}

TEST(RequestReader, GarbageAndKeepAlivesAreNotAnswered) {
    World world;
    for (const std::string_view bytes : {"\r\n\r\n", "hello", "", "SIP/2.0 200 OK\r\n\r\n"}) {
        world.receive(udp_flow("198.51.100.1"), bytes);
    }
    EXPECT_TRUE(world.take().empty());
}

TEST(RequestReader, AHeaderFloodIsRefused) {
    Settings settings = test_settings();
    settings.limits.message.headers = 20;
    World world(settings);
    const Sent response = answer_to(world, [](auto& r) { r.more.assign(30, "X: y"); });
    EXPECT_EQ(response.status(), 513);
    EXPECT_EQ(world.stats().parse_errors[index_of(sip::ParseError::too_many_headers)], 1U);
}

}  // namespace
}  // namespace reginfo::test
