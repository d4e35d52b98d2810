/// @file
/// Names without an answer: which others they delay, and for how long.

#include "tests/transport/dns_fixture.hpp"
#include "transport/dns_zone.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace reginfo::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using namespace std::chrono_literals;

constexpr std::uint64_t kGoodAsker = 1'000'000;

std::string slow(int name, int zone = 0) {
    return "n" + std::to_string(name) + ".slow" + std::to_string(zone) + ".test";
}

class DnsFairness : public DnsResolverTest {};

TEST_F(DnsFairness, AZoneThatDoesNotAnswerHoldsUpNoOther) {
    resolver();
    for (int i = 0; i < 400; ++i) ask_for(1, slow(i));

    ask_for(2, "a.test");

    EXPECT_TRUE(dns->is_asked("a.test"));
    EXPECT_THAT(dns->held, SizeIs(5)) << "four of the zone and the good one";
}

TEST_F(DnsFairness, ASilentZoneGetsLessAndOneThatAnswersMore) {
    resolver();
    for (int i = 0; i < 40; ++i) ask_for(1, slow(i));
    ASSERT_THAT(dns->held, SizeIs(4));

    for (int i = 0; i < 4; ++i) dns->be_silent(slow(i));
    EXPECT_THAT(dns->held, SizeIs(1));
    EXPECT_EQ(stats.resolver_silences, 4U);

    for (int round = 0; round < 3; ++round) {
        for (const DnsQuery& query : std::vector<DnsQuery>(dns->held)) dns->answer(query.name);
    }
    EXPECT_THAT(dns->held, SizeIs(8));
}

TEST_F(DnsFairness, OneWatcherWithManyZonesIsNotServedBeforeTheOthers) {
    resolver();
    for (int i = 0; i < 600; ++i) ask_for(1, slow(i, i));
    ASSERT_FALSE(dns->held.empty());

    ask_for(2, "a.test");
    alarm->pass(DnsTurns::kYoung);

    EXPECT_TRUE(dns->is_asked("a.test"));
}

TEST_F(DnsFairness, WatchersBehindOneProxyTakeTurns) {
    DnsResolver& r = resolver();
    const auto ask_by = [&](std::uint64_t watcher, const std::string& host) {
        Resolve question{watcher, host, 5060, Transport::udp, false};
        question.watcher = watcher;
        r.resolve(question);
    };
    for (int i = 0; i < 600; ++i) ask_by(1, slow(i, i));

    ask_by(2, "a.test");
    alarm->pass(DnsTurns::kYoung);

    EXPECT_TRUE(dns->is_asked("a.test"));
}

TEST_F(DnsFairness, ManyWatchersWithManyZonesDelayANewNameByLessThanThreeSeconds) {
    resolver();
    for (int i = 0; i < 600; ++i) ask_for(static_cast<std::uint64_t>(i), slow(i, i));

    ask_for(kGoodAsker, "a.test");
    alarm->pass(3s);

    EXPECT_TRUE(dns->is_asked("a.test"));
}

TEST_F(DnsFairness, HowManyAreAskedIsBoundedAlsoWhenNobodyAnswers) {
    resolver();
    for (int i = 0; i < 4'000; ++i) ask_for(static_cast<std::uint64_t>(i), slow(i, i));

    alarm->pass(30s);

    EXPECT_LE(dns->held.size(), options.resolver_queries * DnsTurns::kAskedForEach);
    EXPECT_EQ(stats.resolver_asked, dns->held.size());
    EXPECT_EQ(stats.resolver_waiting, 4'000 - dns->held.size());
}

TEST_F(DnsFairness, ANameThatWasAnsweredBeforeIsAskedAtOnceWhateverElseIsSlow) {
    TransportOptions forgetful;
    forgetful.resolver_min_ttl = 0s;
    forgetful.resolver_max_ttl = 0s;
    resolver(forgetful);
    ask_for(1, "a.test");
    dns->answer_all();
    for (int i = 0; i < 1'000; ++i) {
        ask_for(static_cast<std::uint64_t>(i), slow(i, i), i % 2 == 0);
        ask_for(static_cast<std::uint64_t>(i), "n" + std::to_string(i) + ".a.test", i % 2 == 0);
    }

    ask_for(kGoodAsker, "a.test");

    EXPECT_TRUE(dns->is_asked("a.test"));
}

TEST_F(DnsFairness, ANameOfARouteSetIsAskedBeforeNamesOfContacts) {
    resolver();
    for (int i = 0; i < 1'000; ++i) ask_for(static_cast<std::uint64_t>(i), slow(i, i));

    ask_for(kGoodAsker, "a.test", true);

    EXPECT_TRUE(dns->is_asked("a.test"));
}

TEST_F(DnsFairness, AContactsNameThatIsOneOfARouteSetAsWellComesEarlier) {
    resolver();
    for (int i = 0; i < 1'000; ++i) ask_for(static_cast<std::uint64_t>(i), slow(i, i));
    ask_for(kGoodAsker, "a.test");
    ASSERT_FALSE(dns->is_asked("a.test"));

    ask_for(kGoodAsker, "a.test", true);

    EXPECT_TRUE(dns->is_asked("a.test"));
    dns->answer("a.test");
    EXPECT_THAT(answers, SizeIs(2));
}

TEST_F(DnsFairness, AQuestionIsAnsweredByItsDeadlineAndTheLogNamesIt) {
    resolver();
    ask(7, slow(1));

    alarm->pass(options.resolver_deadline - 1ms);
    EXPECT_THAT(answers, IsEmpty());
    alarm->pass(1ms);

    ASSERT_THAT(answers, SizeIs(1));
    EXPECT_THAT(answers[0].targets, IsEmpty());
    EXPECT_EQ(stats.resolver_timed_out, 1U);
    ASSERT_THAT(notes, SizeIs(1));
    EXPECT_EQ(notes[0].what, "name not found in time");
    EXPECT_EQ(notes[0].detail, slow(1));
}

TEST_F(DnsFairness, AnAnswerAfterTheDeadlineIsRemembered) {
    resolver();
    ask(1, "a.test");
    alarm->pass(options.resolver_deadline);
    ASSERT_THAT(answers, SizeIs(1));

    dns->answer("a.test");
    ask(2, "a.test");

    ASSERT_THAT(answers, SizeIs(2));
    EXPECT_THAT(answers[1].targets, SizeIs(1));
    EXPECT_EQ(dns->asked, 1);
}

TEST_F(DnsFairness, WhatNobodyWaitsForAnyMoreIsNotAsked) {
    resolver();
    for (int i = 0; i < 10; ++i) ask_for(1, slow(i));

    alarm->pass(options.resolver_deadline);
    for (int i = 0; i < 4; ++i) dns->be_silent(slow(i));

    EXPECT_THAT(answers, SizeIs(10));
    EXPECT_THAT(dns->held, IsEmpty());
    EXPECT_EQ(dns->asked, 4);
}

TEST_F(DnsFairness, ByTheDeadlineTheServersThatWereFoundAreGiven) {
    DnsResolver& r = resolver();
    dns->zone.srv("_sip._udp.c.test", {{1, 1, 5060, slow(1)}, {2, 1, 5070, "a.test"}});
    r.resolve({1, "c.test", 0, Transport::udp, false});
    dns->answer("_sip._udp.c.test", dns->zone.answer({DnsType::srv, "_sip._udp.c.test"}));
    dns->answer("a.test");
    ASSERT_THAT(answers, IsEmpty());

    alarm->pass(options.resolver_deadline);

    ASSERT_THAT(answers, SizeIs(1));
    EXPECT_THAT(
        answers[0].targets, ElementsAre(Target{Transport::udp, endpoint("192.0.2.1", 5070)})
    );
}

TEST_F(DnsFairness, ThatNobodyAnsweredIsRememberedForAWhile) {
    resolver();
    ask(1, slow(1));
    dns->be_silent(slow(1));

    ask(2, slow(1));
    EXPECT_EQ(dns->asked, 1);
    EXPECT_THAT(answers, SizeIs(2));

    alarm->pass(options.resolver_negative_ttl);
    ask(3, slow(1));
    EXPECT_EQ(dns->asked, 2);
}

TEST_F(DnsFairness, AZoneThatDoesNotAnswerHasAQuarterOfTheQuestions) {
    TransportOptions few;
    few.resolver_questions = 40;
    resolver(few);
    for (int i = 0; i < 14; ++i) ask_for(1, slow(i));
    for (int i = 0; i < 4; ++i) dns->be_silent(slow(i));
    ASSERT_THAT(answers, SizeIs(4));

    ask_for(1, slow(99));
    ask_for(1, "a.test");

    ASSERT_THAT(answers, SizeIs(5));
    EXPECT_EQ(stats.resolver_refused_slow, 1U);
    ASSERT_FALSE(notes.empty());
    EXPECT_EQ(notes.back().what, "name not looked up: its zone does not answer");
    EXPECT_TRUE(dns->is_asked("a.test"));
}

TEST_F(DnsFairness, AQuarterOfTheQuestionsIsKeptForRouteSets) {
    TransportOptions few;
    few.resolver_questions = 40;
    resolver(few);
    for (int i = 0; i < 40; ++i) ask_for(1, slow(i, i));
    EXPECT_EQ(stats.resolver_refused, 10U);
    ASSERT_FALSE(notes.empty());
    EXPECT_EQ(notes.back().what, "name not looked up: resolver.questions reached");

    ask_for(2, "a.test", true);

    EXPECT_EQ(stats.resolver_refused, 10U);
    EXPECT_TRUE(dns->is_asked("a.test"));
}

TEST(DnsZone, IsTheParentWithinTheLastTwoLabels) {
    struct {
        const char* name;
        const char* parent;
        const char* domain;
    } const cases[] = {
        {"phone.example.org", "example.org", "example.org"},
        {"a.b.example.org", "b.example.org", "example.org"},
        {"example.org", "example.org", "example.org"},
        {"edge", "edge", "edge"},
        {"_sip._udp.a.b.example.org", "b.example.org", "example.org"},
        {"_sip._udp.example.org", "example.org", "example.org"},
        {"_sip._udp.edge", "edge", "edge"},
        {"_sip", "_sip", "_sip"},
        {".", ".", "."},
        {"a..b", ".b", ".b"},
    };
    for (const auto& c : cases) {
        SCOPED_TRACE(c.name);
        EXPECT_EQ(zone_of(c.name).parent, c.parent);
        EXPECT_EQ(zone_of(c.name).domain, c.domain);
    }
}

}  // namespace
}  // namespace reginfo::test
