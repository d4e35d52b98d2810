/// @file
/// Many questions at a time to a scripted DNS: shared, cached and refused ones.

#include "tests/transport/dns_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace reginfo::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using namespace std::chrono_literals;

Target udp(const char* address, std::uint16_t port = 5060) {
    return {Transport::udp, endpoint(address, port)};
}

TEST_F(DnsResolverTest, EqualQueriesAreAskedOnceAndEachQuestionIsAnswered) {
    resolver();

    ask(1, "a.test");
    ask(2, "A.Test.", 5070);
    dns->answer_all();

    EXPECT_EQ(dns->asked, 1);
    ASSERT_THAT(answers, SizeIs(2));
    EXPECT_THAT(answers[0].targets, ElementsAre(udp("192.0.2.1")));
    EXPECT_THAT(answers[1].targets, ElementsAre(udp("192.0.2.1", 5070)));
}

TEST_F(DnsResolverTest, AnAnswerIsRememberedForItsTimeToLive) {
    resolver();
    ask(1, "a.test");
    dns->answer_all();

    ask(2, "a.test");

    EXPECT_THAT(answers, SizeIs(2));
    EXPECT_EQ(dns->asked, 1);
    EXPECT_EQ(stats.resolver_cache_hits, 1U);
}

TEST_F(DnsResolverTest, NoAnswerIsRememberedForLongerThanTheBound) {
    TransportOptions forgetful;
    forgetful.resolver_min_ttl = 0s;
    forgetful.resolver_max_ttl = 0s;
    resolver(forgetful);
    ask(1, "a.test");
    dns->answer_all();

    ask(2, "a.test");

    EXPECT_THAT(answers, SizeIs(1));
    EXPECT_EQ(dns->asked, 2);
}

TEST_F(DnsResolverTest, ThatThereIsNothingIsRememberedAsWell) {
    resolver();
    ask(1, "no.test");
    dns->answer_all();

    ask(2, "no.test");

    ASSERT_THAT(answers, SizeIs(2));
    EXPECT_THAT(answers[1].targets, IsEmpty());
    EXPECT_EQ(dns->asked, 1);
    EXPECT_EQ(stats.resolver_failures, 2U);
}

TEST_F(DnsResolverTest, AFullCacheMakesRoom) {
    TransportOptions small;
    small.resolver_cache = 1;
    resolver(small);
    for (const char* host : {"a.test", "b.test", "a.test"}) {
        ask(1, host);
        dns->answer_all();
    }

    EXPECT_EQ(dns->asked, 3);
    EXPECT_THAT(answers, SizeIs(3));
}

TEST_F(DnsResolverTest, EachSearchDrawsItsOwnOrderOfServers) {
    DnsResolver& r = resolver();
    dns->zone.srv("_sip._udp.c.test", {{1, 1, 5060, "a.test"}, {1, 1, 5060, "b.test"}});
    dns->answers_at_once = true;
    for (ResolveId id = 0; id < 64; ++id) r.resolve({id, "c.test", 0, Transport::udp, false});

    int a_first = 0;
    for (const Answer& answer : answers) a_first += answer.targets[0] == udp("192.0.2.1");
    EXPECT_GT(a_first, 0);
    EXPECT_LT(a_first, 64);
    EXPECT_EQ(dns->asked, 3);
}

TEST_F(DnsResolverTest, AnswersThatComeAtOnceCompleteASearchOfSeveralStages) {
    DnsResolver& r = resolver();
    dns->zone.naptr("c.test", {{1, 1, "s", "SIP+D2U", "_sip._udp.c.test"}})
        .srv("_sip._udp.c.test", {{1, 1, 5070, "a.test"}, {2, 1, 5080, "a.test"}});
    dns->answers_at_once = true;

    r.resolve({1, "c.test", 0, {}, false});

    ASSERT_THAT(answers, SizeIs(1));
    EXPECT_THAT(answers[0].targets, ElementsAre(udp("192.0.2.1", 5070), udp("192.0.2.1", 5080)));
    EXPECT_EQ(dns->asked, 3);
}

TEST_F(DnsResolverTest, QueriesBeyondTheBoundWaitForTheirTurn) {
    TransportOptions one;
    one.resolver_queries = 1;
    resolver(one);

    ask(1, "a.test");
    ask(2, "b.test");

    EXPECT_THAT(dns->held, SizeIs(1));
    dns->answer_all();
    ASSERT_THAT(answers, SizeIs(2));
    EXPECT_THAT(answers[1].targets, ElementsAre(udp("192.0.2.2")));
}

TEST_F(DnsResolverTest, TooManyQuestionsAreAnsweredWithNothing) {
    TransportOptions few;
    few.resolver_questions = 2;
    resolver(few);

    for (ResolveId id = 1; id <= 3; ++id) ask(id, "a.test");

    ASSERT_THAT(answers, SizeIs(1));
    EXPECT_EQ(answers[0].id, 3U);
    EXPECT_THAT(answers[0].targets, IsEmpty());
    EXPECT_EQ(stats.resolver_refused, 1U);
    dns->answer_all();
    EXPECT_THAT(answers, SizeIs(3));
}

TEST_F(DnsResolverTest, WhatIsNoHostNameIsNotAskedFor) {
    resolver();

    ask(1, "");
    ask(2, std::string(256, 'a'));
    ask(3, std::string("local\0host", 10));
    ask(4, ".");

    ASSERT_THAT(answers, SizeIs(4));
    for (const Answer& answer : answers) EXPECT_THAT(answer.targets, IsEmpty());
    EXPECT_EQ(dns->asked, 0);
}

TEST_F(DnsResolverTest, StoppedItAnswersNothing) {
    DnsResolver& r = resolver();
    ask(1, "a.test");

    r.stop();
    ask(2, "b.test");
    dns->answer_all();

    EXPECT_THAT(answers, IsEmpty());
    EXPECT_TRUE(dns->stopped);
}

}  // namespace
}  // namespace reginfo::test
