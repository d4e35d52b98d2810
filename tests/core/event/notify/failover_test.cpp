/// @file
/// Next hops with several addresses: the question, the first address, and the next one (RFC 3263
/// §4.3).

#include "tests/support/engine_fixture.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace reginfo::test {
namespace {

using namespace std::chrono_literals;

constexpr auto kUdp = Transport::udp;
constexpr auto kTcp = Transport::tcp;

const Target kFirst{kUdp, endpoint("198.51.100.11")};
const Target kSecond{kUdp, endpoint("198.51.100.12")};

/// Watchers whose Contact is a name with two addresses, one of which may be dead.
class Failover : public ::testing::Test {
protected:
    void SetUp() override {
        world.answers = [this](const Sent& notify) -> std::optional<int> {
            if (notify.flow.peer == kFirst.endpoint) return first_says;
            return second_says;
        };
    }

    /// Subscribes, and resolves the name in its Contact.
    void subscribe(Watcher& who, const std::vector<Target>& targets = {kFirst, kSecond}) {
        who.contact = "sip:" + who.name + "@pool.example.org";
        ASSERT_EQ(who.subscribe(world).status(), 200);
        ASSERT_FALSE(world.resolves.empty());
        world.resolved(world.resolves.back().id, targets);
    }

    void change() {
        contacts.push_back({.uri = "sip:c" + std::to_string(contacts.size()) + "@192.0.2.10"});
        ASSERT_EQ(publisher.publish(world, contacts).status(), 200);
    }

    /// NOTIFYs that are no retransmissions.
    std::vector<Sent> take_new() {
        std::vector<Sent> notifies = world.take_notifies();
        std::erase_if(notifies, [this](const Sent& notify) {
            const bool is_new = notify.cseq() > last_cseq;
            if (is_new) last_cseq = notify.cseq();
            return !is_new;
        });
        return notifies;
    }

    std::uint64_t outcomes(NotifyOutcome outcome) const {
        return world.stats().notify_outcomes[index_of(outcome)];
    }

    World world;
    Watcher watcher{"w1"};
    Publisher publisher;
    std::vector<ContactText> contacts;
    std::optional<int> first_says;
    std::optional<int> second_says = 200;
    std::uint32_t last_cseq = 0;
};

TEST_F(Failover, TheQuestionHasTheTransportAndPortOfTheUri) {
    struct Case {
        const char* contact;
        std::uint16_t port;
        std::optional<Transport> transport;
        bool secure;
    };
    const std::vector<Case> cases = {
        {"sip:w@pool.example.org", 0, std::nullopt, false},
        {"sip:w@pool.example.org:5070", 5070, std::nullopt, false},
        {"sip:w@pool.example.org;transport=TCP", 0, kTcp, false},
        {"sip:w@pool.example.org;transport=udp", 0, kUdp, false},
        {"sip:w@other.example.org;maddr=pool.example.org", 0, std::nullopt, false},
        {"sips:w@pool.example.org", 0, std::nullopt, true},
        {"sips:w@pool.example.org;transport=udp", 0, kTcp, true},
    };
    int number = 0;
    for (const Case& c : cases) {
        SCOPED_TRACE(c.contact);
        Watcher other("q" + std::to_string(++number));
        other.contact = c.contact;
        world.resolves.clear();

        other.subscribe(world);

        ASSERT_EQ(world.resolves.size(), 1U);
        EXPECT_EQ(world.resolves[0].host, "pool.example.org");
        EXPECT_EQ(world.resolves[0].port, c.port);
        EXPECT_EQ(world.resolves[0].transport, c.transport);
        EXPECT_EQ(world.resolves[0].secure, c.secure);
    }
}

TEST_F(Failover, AfterSilenceTheNextCandidateGetsANewNotify) {
    subscribe(watcher);
    const std::vector<Sent> to_first = take_new();
    ASSERT_EQ(to_first.size(), 1U);
    EXPECT_EQ(to_first[0].flow.peer, kFirst.endpoint);

    world.pass(32s - 1ms);
    EXPECT_TRUE(take_new().empty());
    world.pass(1ms);

    const std::vector<Sent> to_second = take_new();
    ASSERT_EQ(to_second.size(), 1U);
    EXPECT_EQ(to_second[0].flow.peer, kSecond.endpoint);
    EXPECT_EQ(to_second[0].cseq(), to_first[0].cseq() + 1);
    EXPECT_NE(to_second[0].header("Via"), to_first[0].header("Via"));
    EXPECT_EQ(read_told(to_second[0].body())->full, true);
    EXPECT_EQ(world.stats().subscriptions, 1U);
    EXPECT_EQ(outcomes(NotifyOutcome::timed_out), 0U);
    EXPECT_EQ(outcomes(NotifyOutcome::accepted), 1U);
    ASSERT_FALSE(world.notes.empty());
    EXPECT_EQ(world.notes.back().what, "next hop failed");
}

TEST_F(Failover, A503MovesOnAtOnce) {
    first_says = 503;

    subscribe(watcher);

    const std::vector<Sent> notifies = take_new();
    ASSERT_EQ(notifies.size(), 2U);
    EXPECT_EQ(notifies[1].flow.peer, kSecond.endpoint);
    EXPECT_EQ(outcomes(NotifyOutcome::rejected), 0U);
}

TEST_F(Failover, AnyOtherAnswerIsTheWatchersOwn) {
    for (const int status : {408, 481, 500, 504, 603}) {
        SCOPED_TRACE(status);
        first_says = status;
        Watcher other("w" + std::to_string(status));

        subscribe(other);

        for (const Sent& notify : world.take_notifies()) {
            EXPECT_EQ(notify.flow.peer, kFirst.endpoint);
        }
    }
}

TEST_F(Failover, AProvisionalResponseMeansThatTheCandidateLives) {
    subscribe(watcher);
    world.answer(take_new().at(0), 100);

    world.pass(33s);

    for (const Sent& notify : world.take_notifies()) EXPECT_EQ(notify.flow.peer, kFirst.endpoint);
    EXPECT_EQ(outcomes(NotifyOutcome::timed_out), 1U);
}

TEST_F(Failover, AConnectionThatCannotBeMadeMovesOnAtOnce) {
    const Target dead{kTcp, kFirst.endpoint};
    subscribe(watcher, {dead, kSecond});
    ASSERT_EQ(take_new().size(), 1U);

    world.close({kTcp, 1, dead.endpoint, 0});

    const std::vector<Sent> notifies = take_new();
    ASSERT_EQ(notifies.size(), 1U);
    EXPECT_EQ(notifies[0].flow.transport, kUdp);
    EXPECT_EQ(notifies[0].flow.peer, kSecond.endpoint);
}

TEST_F(Failover, WhenTheLastCandidateFailsTheSubscriptionEndsAsEver) {
    second_says.reset();
    subscribe(watcher);

    world.pass(64s);

    EXPECT_EQ(take_new().size(), 2U);
    EXPECT_EQ(outcomes(NotifyOutcome::timed_out), 1U);
    EXPECT_EQ(world.stats().subscriptions, 0U);
}

TEST_F(Failover, WhatWorkedIsKept) {
    subscribe(watcher);
    world.pass(32s);
    take_new();

    change();

    const std::vector<Sent> notifies = take_new();
    ASSERT_EQ(notifies.size(), 1U);
    EXPECT_EQ(notifies[0].flow.peer, kSecond.endpoint);
}

TEST_F(Failover, OtherDialogsPassOverWhatFailedUntilItIsForgotten) {
    subscribe(watcher);
    world.pass(32s);
    world.take();

    Watcher soon("w2");
    subscribe(soon);
    EXPECT_EQ(world.take_notifies().at(0).flow.peer, kSecond.endpoint);

    world.pass(5min);
    Watcher later("w3");
    subscribe(later);
    EXPECT_EQ(world.take_notifies().at(0).flow.peer, kFirst.endpoint);
}

TEST_F(Failover, AnAnswerFromItMakesACandidateGoodAgain) {
    subscribe(watcher);
    world.pass(32s);
    world.take();
    first_says = 200;
    Watcher direct("w2");
    direct.contact = "sip:w2@" + kFirst.endpoint.to_string();
    direct.subscribe(world);
    world.take();

    Watcher third("w3");
    subscribe(third);

    EXPECT_EQ(world.take_notifies().at(0).flow.peer, kFirst.endpoint);
}

TEST_F(Failover, NewsInBetweenDoesNotProlongTheSilence) {
    subscribe(watcher);
    std::vector<Sent> notifies;
    for (int i = 0; i < 8; ++i) {
        world.pass(5s);
        change();
        for (Sent& notify : take_new()) notifies.push_back(std::move(notify));
    }

    ASSERT_FALSE(notifies.empty());
    EXPECT_EQ(notifies.front().flow.peer, kFirst.endpoint);
    EXPECT_EQ(notifies.back().flow.peer, kSecond.endpoint);
    EXPECT_EQ(world.stats().subscriptions, 1U);
}

TEST_F(Failover, NewsDoesNotSaveWhoseLastCandidateIsSilent) {
    subscribe(watcher, {kFirst});
    for (int i = 0; i < 8; ++i) {
        world.pass(5s);
        change();
    }

    EXPECT_EQ(world.stats().subscriptions, 0U);
}

TEST_F(Failover, CandidatesWithoutAListenerOfTheirKindArePassedOver) {
    const Target no_such{kTcp, endpoint("2001:db8::7")};

    subscribe(watcher, {no_such, kSecond});

    EXPECT_EQ(take_new().at(0).flow.peer, kSecond.endpoint);
}

TEST_F(Failover, WithoutAnyCandidateThereIsALineInTheLog) {
    subscribe(watcher, {});

    EXPECT_TRUE(take_new().empty());
    EXPECT_EQ(world.stats().subscriptions, 1U);
    ASSERT_FALSE(world.notes.empty());
    EXPECT_EQ(world.notes.back().what, "no route to watcher");
}

TEST_F(Failover, ANameIsLookedUpAgainAfterFiveMinutes) {
    first_says = 200;
    subscribe(watcher);
    world.pass(5min - 1ms);
    change();
    EXPECT_EQ(world.resolves.size(), 1U);
    world.take();

    world.pass(1ms);
    change();

    ASSERT_EQ(world.resolves.size(), 2U);
    EXPECT_TRUE(world.take_notifies().empty());
    world.resolved(world.resolves[1].id, std::vector<Target>{kSecond});
    EXPECT_EQ(world.take_notifies().at(0).flow.peer, kSecond.endpoint);
}

TEST_F(Failover, TheLastNotifyFailsOverToo) {
    first_says = 200;
    subscribe(watcher);
    take_new();
    first_says = 503;

    watcher.subscribe(world, 0);
    world.resolved(world.resolves.back().id, std::vector<Target>{kFirst, kSecond});

    const std::vector<Sent> notifies = take_new();
    ASSERT_EQ(notifies.size(), 2U);
    EXPECT_EQ(notifies[1].flow.peer, kSecond.endpoint);
    EXPECT_TRUE(notifies[1].header("Subscription-State").starts_with("terminated"));
    EXPECT_EQ(world.stats().subscriptions, 0U);
}

}  // namespace
}  // namespace reginfo::test
