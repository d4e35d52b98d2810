/// @file
/// The route of NOTIFYs, and the peers that the engine trusts (RULES.md, "The way back", "No tokens
/// to guess").

#include "tests/support/addresses.hpp"
#include "tests/support/engine_fixture.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <string>
#include <vector>

namespace reginfo::test {
namespace {

using namespace std::chrono_literals;

/// SUBSCRIBE (Contact with a name) -> | resolve ->
/// <- 200                             |
///                                    | <- addresses
/// <- NOTIFY                          |
TEST(EngineRoutes, ANextHopWithANameIsResolvedFirst) {
    World world;
    Watcher watcher("w1");
    watcher.contact = "sip:w1@phone.example.org:5070";
    EXPECT_EQ(watcher.subscribe(world).status(), 200);
    EXPECT_TRUE(world.take().empty());
    ASSERT_EQ(world.resolves.size(), 1U);
    EXPECT_EQ(world.resolves[0].host, "phone.example.org");
    EXPECT_EQ(world.resolves[0].port, 5070);

    world.resolved(world.resolves[0].id, std::vector<Endpoint>{endpoint("203.0.113.5", 5070)});
    EXPECT_EQ(world.take_notifies().at(0).flow, udp_flow("203.0.113.5", 5070));

    Publisher publisher;
    publisher.publish(world, {{.uri = kX}});
    EXPECT_EQ(world.take_notifies().size(), 1U) << "it is known now";
    EXPECT_EQ(world.resolves.size(), 1U);
}

TEST(EngineRoutes, ChangesWhileANameIsBeingResolvedAreInTheFirstDocument) {
    World world;
    Watcher watcher("w1");
    watcher.contact = "sip:w1@phone.example.org";
    watcher.subscribe(world);
    Publisher publisher;
    publisher.publish(world, {{.uri = kX}});
    world.take();
    ASSERT_EQ(world.resolves.size(), 1U);
    world.resolved(world.resolves[0].id, std::vector<Endpoint>{endpoint("203.0.113.5")});
    const auto notifies = world.take_notifies();
    ASSERT_EQ(notifies.size(), 1U);
    EXPECT_EQ(read_told(notifies[0].body())->contacts.size(), 1U);
}

// The name server may be away for a moment.
TEST(EngineRoutes, ANameWithoutAddressesIsAskedForAgainLater) {
    World world;
    Watcher watcher("w1");
    watcher.contact = "sip:w1@nowhere.example.org";
    watcher.subscribe(world);
    world.resolved(world.resolves.at(0).id, std::vector<Endpoint>{});
    EXPECT_TRUE(world.take().empty());
    EXPECT_EQ(world.stats().subscriptions, 1U);
    EXPECT_EQ(world.stats().notify_outcomes[index_of(NotifyOutcome::transport_failed)], 1U);
    EXPECT_FALSE(world.notes.empty());

    world.pass(30s);
    ASSERT_EQ(world.resolves.size(), 2U);
    world.resolved(world.resolves[1].id, std::vector<Endpoint>{endpoint("203.0.113.5")});
    EXPECT_EQ(world.take_notifies().size(), 1U);
}

TEST(EngineRoutes, ANameWithoutAddressesLeavesTheConnectionThatTheSubscribeCameBy) {
    World world;
    Watcher watcher("w1");
    watcher.flow = tcp_flow("198.51.100.1", 40000, 7);
    watcher.contact = "sip:w1@nowhere.example.org;transport=tcp";
    watcher.subscribe(world);
    world.resolved(world.resolves.at(0).id, std::vector<Endpoint>{});
    EXPECT_EQ(world.take_notifies().at(0).flow, watcher.flow);
}

TEST(EngineRoutes, AnAnswerForADialogThatWasReroutedMeanwhileChangesNothing) {
    World world;
    Watcher watcher("w1");
    watcher.contact = "sip:w1@phone.example.org";
    watcher.subscribe(world);
    watcher.contact = "sip:w1@198.51.100.1";
    watcher.subscribe(world);
    world.take();
    world.resolved(world.resolves.at(0).id, std::vector<Endpoint>{});
    EXPECT_TRUE(world.take().empty());
    EXPECT_EQ(world.stats().subscriptions, 1U);
}

// Kamailio's subscriptions outlive this, and the engine must not spin meanwhile.
TEST(EngineRoutes, AKamailioThatCannotBeReachedIsTriedAgainLaterAndNotAllTheTime) {
    World world;
    Watcher kamailio("k1");
    kamailio.user_agent = "kamailio";
    kamailio.subscribe(world);
    world.answers = nullptr;
    kamailio.subscribe(world);
    world.pass(33s);  // no answer
    ASSERT_EQ(world.stats().subscriptions, 1U);
    kamailio.contact = "sip:k1@[2001:db8::9];transport=tcp";  // there is no such listener
    kamailio.subscribe(world);
    world.pass(300s);
    EXPECT_EQ(world.stats().subscriptions, 1U);
    EXPECT_LT(world.notes.size(), 10U);

    kamailio.contact = "sip:k1@198.51.100.1";
    kamailio.subscribe(world);
    EXPECT_EQ(world.take_notifies().back().flow, udp_flow("198.51.100.1"));
}

TEST(EngineRoutes, ATargetThatIsNoTransportOfOursEndsTheSubscription) {
    World world;
    Watcher watcher("w1");
    watcher.contact = "sip:w1@198.51.100.1;transport=sctp";
    watcher.subscribe(world);
    EXPECT_TRUE(world.take_notifies().empty());
    EXPECT_EQ(world.stats().subscriptions, 0U);
}

// Peers outside of the trusted networks.

TEST(EngineTrust, OthersAreIgnoredSilently) {
    World world;
    RequestText options;
    world.receive(udp_flow("8.8.8.8"), options.text());
    EXPECT_TRUE(world.take().empty());
    EXPECT_EQ(world.stats().refused_by_bound[index_of(Bound::untrusted_peer)], 1U);
    EXPECT_EQ(world.notes.size(), 1U);
}

TEST(EngineTrust, OfManyOthersFewLinesAreMadeAndAllAreCounted) {
    World world;
    for (int i = 0; i < 1'000; ++i) world.receive(udp_flow("8.8.8.8"), RequestText{}.text());
    EXPECT_EQ(world.stats().refused_by_bound[index_of(Bound::untrusted_peer)], 1'000U);
    EXPECT_LT(world.notes.size(), 20U);

    const std::size_t before = world.notes.size();
    world.pass(std::chrono::seconds{1});
    world.receive(udp_flow("8.8.8.8"), RequestText{}.text());

    EXPECT_EQ(world.notes.size(), before + 1);
}

TEST(EngineTrust, OthersAreForbiddenWhereThatIsConfigured) {
    Settings settings = test_settings();
    settings.refuse_untrusted_with_403 = true;
    World world(settings);
    RequestText options;
    EXPECT_EQ(world.ask(udp_flow("8.8.8.8"), options.text()).status(), 403);
    world.receive(udp_flow("8.8.8.8"), "SIP/2.0 200 OK\r\n\r\n");
    world.receive(udp_flow("8.8.8.8"), "garbage");
    EXPECT_TRUE(world.take().empty());
    EXPECT_EQ(world.stats().server_transactions, 0U);
}

TEST(EngineTrust, ABrokenStreamIsRefusedAndClosed) {
    Engine engine(test_settings(), 1);
    Outbox outbox;
    RequestText options;
    const Flow flow = tcp_flow("198.51.100.1", 40000, 3);
    engine.handle_broken_stream(flow, options.text(), sip::ParseError::body_too_large, outbox);
    ASSERT_GE(outbox.effects().size(), 2U);
    EXPECT_TRUE(std::holds_alternative<Close>(outbox.effects().back()));
    const bool refused =
        std::any_of(outbox.effects().begin(), outbox.effects().end(), [](const Effect& effect) {
            const Send* send = std::get_if<Send>(&effect);
            return send && send->head.starts_with("SIP/2.0 513 ");
        });
    EXPECT_TRUE(refused);
}

TEST(EngineTrust, TheRefusalOfABrokenStreamNamesTheError) {
    Engine engine(test_settings(), 1);
    Outbox outbox;
    std::string options = RequestText{}.text();
    options.replace(options.find("Length: 0"), 9, "Length: x");
    engine.handle_broken_stream(
        tcp_flow("198.51.100.1", 40000, 3), options, sip::ParseError::none, outbox
    );
    const bool refused =
        std::any_of(outbox.effects().begin(), outbox.effects().end(), [](const Effect& effect) {
            const Send* send = std::get_if<Send>(&effect);
            return send && send->head.starts_with("SIP/2.0 400 Bad Content-Length\r\n");
        });
    EXPECT_TRUE(refused);
}

// RULES.md, "A window per next hop".

/// Twenty watchers behind one proxy, one behind another; a window of eight.
class WindowTest : public ::testing::Test {
protected:
    WindowTest() : world(settings()) {
        for (int i = 0; i < 20; ++i) {
            Watcher& watcher = watchers.emplace_back("w" + std::to_string(i));
            watcher.more = {"Record-Route: <sip:203.0.113.7;lr>"};
            watcher.subscribe(world);
        }
        watchers.emplace_back("alone").subscribe(world);
        bob.aor = "sip:bob@example.org";
        bob.more = {"Record-Route: <sip:203.0.113.7;lr>"};
        bob.subscribe(world);
        world.take();
        world.answers = nullptr;
    }

    static Settings settings() {
        Settings s = test_settings();
        s.notify.window_initial = 8;
        s.notify.window_min = 2;
        return s;
    }

    std::vector<Sent> to_proxy() {
        std::vector<Sent> all = world.take_notifies();
        std::erase_if(all, [](const Sent& s) { return s.flow != udp_flow("203.0.113.7"); });
        return all;
    }

    World world;
    std::vector<Watcher> watchers;
    Watcher bob{"bob"};
    Publisher publisher;
};

TEST_F(WindowTest, NoMoreThanTheWindowIsInFlightToOneNextHop) {
    publisher.publish(world, {{.uri = kX}});
    const std::vector<Sent> first = to_proxy();
    EXPECT_EQ(first.size(), 8U);
    EXPECT_EQ(world.stats().notifies_queued, 12U);
    EXPECT_EQ(world.stats().notifies_in_flight, 9U) << "and one to the other next hop";

    world.answer(first[0], 200);
    EXPECT_GE(to_proxy().size(), 1U) << "an answer makes room";
}

TEST_F(WindowTest, AllWatchersAreNotifiedInTheEnd) {
    world.answers = [](const Sent&) { return 200; };
    publisher.publish(world, {{.uri = kX}});
    EXPECT_EQ(world.take_notifies().size(), 21U);
    EXPECT_EQ(world.stats().notifies_queued + world.stats().notifies_in_flight, 0U);
}

TEST_F(WindowTest, AnotherAorIsNotHeldUpByAFanOut) {
    publisher.publish(world, {{.uri = kX}});
    const std::vector<Sent> first = to_proxy();
    Publisher of_bob;
    of_bob.aor = bob.aor;
    of_bob.publish(world, {{.uri = kX}});
    world.answer(first.at(0), 503);
    world.answer(first.at(1), 503);
    const std::vector<Sent> next = to_proxy();
    EXPECT_TRUE(std::any_of(next.begin(), next.end(), [&](const Sent& s) { return bob.owns(s); }));
}

TEST_F(WindowTest, AWaitingNotifyHasTheNewestState) {
    publisher.publish(world, {{.uri = kX}});
    const std::vector<Sent> first = to_proxy();
    publisher.publish(world, {{.uri = kX}, {.uri = "sip:y@192.0.2.20"}});
    world.answer(first.at(0), 200);
    for (const Sent& sent : to_proxy()) {
        EXPECT_EQ(read_told(sent.body())->contacts.size(), 2U);
    }
}

TEST_F(WindowTest, NoDocumentIsBuiltForANotifyThatHasToWait) {
    publisher.publish(world, {{.uri = kX}});
    to_proxy();
    const auto before = world.stats().documents_built;
    Publisher of_bob;
    of_bob.aor = bob.aor;
    of_bob.publish(world, {{.uri = kX}});
    EXPECT_EQ(world.stats().notifies_queued, 13U);
    EXPECT_EQ(world.stats().documents_built, before);
}

TEST_F(WindowTest, AWatcherThatDoesNotAnswerYieldsItsPlaceAndIfOthersDoNotEitherTheWindowHalves) {
    publisher.publish(world, {{.uri = kX}});
    std::set<std::string> told;
    const auto newly_told = [&] {
        const std::size_t before = told.size();
        for (const Sent& sent : to_proxy()) told.insert(sent.header("Call-ID"));
        return told.size() - before;
    };
    EXPECT_EQ(newly_told(), 8U);
    world.pass(500ms);
    EXPECT_EQ(newly_told(), 8U);
    world.pass(500ms);
    EXPECT_EQ(newly_told(), 4U);
}

TEST_F(WindowTest, ARefreshPassesTheQueue) {
    publisher.publish(world, {{.uri = kX}});
    const std::vector<Sent> first = to_proxy();
    Watcher& last = watchers[19];
    last.subscribe(world);
    world.answer(first.at(0), 500);
    const std::vector<Sent> next = to_proxy();
    ASSERT_FALSE(next.empty());
    EXPECT_TRUE(last.owns(next[0]));
}

/// A change of an AOR with very many watchers is notified in parts; a small AOR goes in between.
TEST(EngineFanOut, GoesOnTurnAfterTurnAndLetsOthersIn) {
    Settings settings = test_settings();
    settings.limits.expiries_per_turn = 4;
    settings.notify.window_initial = 1000;
    World world(settings);
    std::vector<Watcher> many;
    for (int i = 0; i < 40; ++i) many.emplace_back("w" + std::to_string(i)).subscribe(world);
    Watcher bob("bob");
    bob.aor = "sip:bob@example.org";
    bob.subscribe(world);
    world.take();
    world.answers = nullptr;

    Publisher alice;
    alice.publish(world, {{.uri = kX}});
    EXPECT_LT(world.take_notifies().size(), 20U);
    EXPECT_EQ(world.next_deadline(), world.now());
    Publisher of_bob;
    of_bob.aor = bob.aor;
    of_bob.publish(world, {{.uri = kX}});
    std::size_t before_bob = 0;
    world.pass(0s);
    for (const Sent& sent : world.take_notifies()) {
        if (bob.owns(sent)) break;
        ++before_bob;
    }
    EXPECT_LT(before_bob, 20U);
    EXPECT_EQ(world.stats().notifies_sent, 41U + 41U);
}

}  // namespace
}  // namespace reginfo::test
