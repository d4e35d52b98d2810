/// @file
/// What handle_message returns: whether a response will come.

#include "tests/support/engine_fixture.hpp"

#include <gtest/gtest.h>

#include <string>

namespace reginfo::test {
namespace {

class EngineAnswers : public ::testing::Test {
protected:
    static RequestText request(std::string method) {
        RequestText text;
        text.method = std::move(method);
        text.via = "SIP/2.0/TCP 198.51.100.1:5060;branch=" + next_branch();
        return text;
    }

    bool is_answered(World& at, const std::string& bytes) {
        Outbox outbox;
        return at.engine().handle_message(at.now(), flow, bytes, outbox);
    }

    Flow flow = tcp_flow("198.51.100.1", 4'000, 7);
    World world;
};

TEST_F(EngineAnswers, ARequestIsAnswered) {
    EXPECT_TRUE(is_answered(world, request("OPTIONS").text()));
    EXPECT_TRUE(is_answered(world, request("INVITE").text()));
    EXPECT_TRUE(is_answered(world, request("OPTIONS").text().replace(0, 7, "unknown")));
}

TEST_F(EngineAnswers, AnAckAndAResponseAreNot) {
    EXPECT_FALSE(is_answered(world, request("ACK").text()));
    EXPECT_FALSE(is_answered(world, "SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n"));
}

TEST_F(EngineAnswers, WhatCannotBeAnsweredIsNot) {
    RequestText without_via = request("OPTIONS");
    without_via.via.clear();

    EXPECT_FALSE(is_answered(world, without_via.text()));
    EXPECT_FALSE(is_answered(world, "\x01\x02\x03\r\n\r\n"));
}

TEST_F(EngineAnswers, ARequestThatWaitsForTheStoreIsAnsweredOnce) {
    Settings settings = test_settings();
    settings.durable = true;
    World storing(settings);
    const std::string publish = [] {
        RequestText text = request("PUBLISH");
        text.event = "reg";
        text.content_type = "application/reginfo+xml";
        text.body = BodyText().text();
        return text.text();
    }();

    EXPECT_TRUE(is_answered(storing, publish));
    EXPECT_FALSE(is_answered(storing, publish)) << "the same again, while the first is stored";
    RequestText other = request("SUBSCRIBE");
    other.call_id = "call-2";
    other.event = "reg";
    other.contact = "<sip:w@198.51.100.1>";
    EXPECT_TRUE(is_answered(storing, other.text())) << "it waits behind the first";
}

}  // namespace
}  // namespace reginfo::test
