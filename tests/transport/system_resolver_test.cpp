/// @file
/// Look-ups by the system: what needs none, what is remembered, what is refused.

#include "transport/system_resolver.hpp"

#include "tests/transport/scripted_engine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace reginfo::test {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using namespace std::chrono_literals;

class SystemResolverTest : public ::testing::Test {
protected:
    SystemResolver& resolver(const TransportOptions& with = {}) {
        options = with;
        resolver_.emplace(io, options, stats);
        resolver_->on_done([this](ResolveId id, std::span<const Endpoint> endpoints) {
            answers.push_back({id, {endpoints.begin(), endpoints.end()}});
        });
        return *resolver_;
    }

    /// Until every question is answered.
    void run() {
        io.restart();
        io.run_for(20s);
    }

    boost::asio::io_context io{1};
    TransportOptions options;
    TransportStats stats;
    std::vector<Script::Resolved> answers;

private:
    std::optional<SystemResolver> resolver_;
};

Endpoint endpoint(const char* address, std::uint16_t port) {
    return {*IpAddress::parse(address), port};
}

TEST_F(SystemResolverTest, AnAddressIsItsOwnAnswerAtOnce) {
    SystemResolver& r = resolver();

    r.resolve({.id = 1, .host = "192.0.2.1", .port = 5070});
    r.resolve({.id = 2, .host = "[2001:db8::1]"});

    ASSERT_THAT(answers, SizeIs(2));
    EXPECT_THAT(answers[0].endpoints, ElementsAre(endpoint("192.0.2.1", 5070)));
    EXPECT_THAT(answers[1].endpoints, ElementsAre(endpoint("2001:db8::1", 5060)));
}

TEST_F(SystemResolverTest, QuestionsForOneHostShareALookUpAndKeepTheirPorts) {
    TransportOptions one;
    one.resolver_hosts = 1;
    SystemResolver& r = resolver(one);

    r.resolve({.id = 1, .host = "localhost"});
    r.resolve({.id = 2, .host = "LocalHost", .port = 5070});
    run();

    ASSERT_THAT(answers, SizeIs(2));
    EXPECT_THAT(answers[0].endpoints, Contains(endpoint("127.0.0.1", 5060)));
    EXPECT_THAT(answers[1].endpoints, Contains(endpoint("127.0.0.1", 5070)));
    EXPECT_EQ(stats.resolver_refused, 0U);
}

TEST_F(SystemResolverTest, AnAnswerIsRememberedForItsTimeToLive) {
    SystemResolver& r = resolver();
    r.resolve({.id = 1, .host = "localhost"});
    run();

    r.resolve({.id = 2, .host = "localhost"});

    EXPECT_THAT(answers, SizeIs(2));
    EXPECT_EQ(stats.resolver_cache_hits, 1U);
}

TEST_F(SystemResolverTest, AnAnswerThatIsTooOldIsAskedForAgain) {
    TransportOptions forgetful;
    forgetful.resolver_ttl = 0s;
    SystemResolver& r = resolver(forgetful);
    r.resolve({.id = 1, .host = "localhost"});
    run();

    r.resolve({.id = 2, .host = "localhost"});

    EXPECT_THAT(answers, SizeIs(1));
    run();
    EXPECT_THAT(answers, SizeIs(2));
    EXPECT_EQ(stats.resolver_cache_hits, 0U);
}

TEST_F(SystemResolverTest, WhatIsNoHostNameHasNoEndpoints) {
    SystemResolver& r = resolver();

    r.resolve({.id = 1, .host = ""});
    r.resolve({.id = 2, .host = std::string(256, 'a')});
    r.resolve({.id = 3, .host = std::string("local\0host", 10)});

    ASSERT_THAT(answers, SizeIs(3));
    for (const Script::Resolved& answer : answers) EXPECT_THAT(answer.endpoints, IsEmpty());
    EXPECT_EQ(stats.resolver_failures, 3U);
}

TEST_F(SystemResolverTest, AFailureIsRememberedAsWell) {
    SystemResolver& r = resolver();
    const std::string label_too_long(64, 'a');  // refused without asking any server
    r.resolve({.id = 1, .host = label_too_long});
    run();

    r.resolve({.id = 2, .host = label_too_long});

    ASSERT_THAT(answers, SizeIs(2));
    EXPECT_THAT(answers[1].endpoints, IsEmpty());
    EXPECT_EQ(stats.resolver_cache_hits, 1U);
}

TEST_F(SystemResolverTest, TooManyQuestionsAreAnsweredWithNothing) {
    TransportOptions few;
    few.resolver_questions = 2;
    few.resolver_hosts = 1;
    SystemResolver& r = resolver(few);

    r.resolve({.id = 1, .host = "localhost"});
    r.resolve({.id = 2, .host = "another"});
    r.resolve({.id = 3, .host = "localhost"});
    r.resolve({.id = 4, .host = "localhost"});

    ASSERT_THAT(answers, SizeIs(2));
    EXPECT_EQ(answers[0].id, 2U);
    EXPECT_EQ(answers[1].id, 4U);
    EXPECT_EQ(stats.resolver_refused, 2U);
    run();
    ASSERT_THAT(answers, SizeIs(4));
    EXPECT_THAT(answers[3].endpoints, Not(IsEmpty()));
}

TEST_F(SystemResolverTest, AFullCacheMakesRoom) {
    TransportOptions small;
    small.resolver_cache = 1;
    SystemResolver& r = resolver(small);
    r.resolve({.id = 1, .host = "localhost"});
    run();
    r.resolve({.id = 2, .host = std::string(64, 'a')});
    run();

    r.resolve({.id = 3, .host = "localhost"});

    EXPECT_THAT(answers, SizeIs(2));
    run();
    EXPECT_THAT(answers, SizeIs(3));
}

TEST_F(SystemResolverTest, StoppedItAnswersNothing) {
    SystemResolver& r = resolver();
    r.resolve({.id = 1, .host = "localhost"});

    r.stop();
    r.resolve({.id = 2, .host = "192.0.2.1"});
    run();

    EXPECT_THAT(answers, IsEmpty());
}

}  // namespace
}  // namespace reginfo::test
