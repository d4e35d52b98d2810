/// @file
/// TCP connections of our own, and which connection a flow without a number means.

#include "tests/transport/test_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace reginfo::test {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;
using namespace std::chrono_literals;

Flow to(const Endpoint& peer, ListenerId id = 0) { return {Transport::tcp, id, peer, 0}; }

/// The listeners are TCP on 127.0.0.2 and on 127.0.0.3.
class TcpConnect : public ::testing::Test {
protected:
    void start(const TransportOptions& options = {}) {
        const std::vector configs{
            listener(Transport::tcp, "127.0.0.2"), listener(Transport::tcp, "127.0.0.3")
        };
        server = std::make_unique<TestServer>(configs, options);
    }

    void send(const Flow& flow, const std::string& bytes) {
        server->driver.run_turn([&](TimePoint, Outbox& outbox) { outbox.send(flow, bytes); });
    }

    std::optional<TcpPeer> accepted_by(TcpTarget& target) {
        std::optional<TcpPeer> peer;
        server->run_until([&] { return (peer = target.accept()).has_value(); });
        return peer;
    }

    std::unique_ptr<TestServer> server;
};

/// Nobody listens there.
Endpoint closed_port() {
    const TcpTarget target;
    return target.endpoint();
}

TEST_F(TcpConnect, AFlowWithoutANumberIsConnectedFromItsListenersAddress) {
    start();
    TcpTarget target;

    send(to(target.endpoint(), 1), "one,");
    send(to(target.endpoint(), 1), "two");

    std::optional<TcpPeer> peer = accepted_by(target);
    ASSERT_TRUE(peer);
    EXPECT_EQ(peer->remote().address.to_string(), "127.0.0.3");
    ASSERT_TRUE(server->run_until([&] { return peer->poll() >= 7; }));
    EXPECT_EQ(peer->received, "one,two");
    EXPECT_EQ(server->stats().connections_made, 1U);
    EXPECT_FALSE(target.accept());
}

TEST_F(TcpConnect, ListenersOfDifferentAddressesHaveConnectionsOfTheirOwn) {
    start();
    TcpTarget target;

    send(to(target.endpoint(), 0), "x");
    send(to(target.endpoint(), 1), "y");

    std::optional<TcpPeer> first = accepted_by(target);
    std::optional<TcpPeer> second = accepted_by(target);
    ASSERT_TRUE(first && second);
    EXPECT_NE(first->remote().address, second->remote().address);
}

TEST_F(TcpConnect, WhatThePeerSendsOnOurConnectionReachesTheEngineAndIsAnsweredThere) {
    start();
    TcpTarget target;
    server->script.on_message = [](const Flow& flow, std::string_view, Outbox& outbox) {
        outbox.send(flow, "answer");
    };
    send(to(target.endpoint()), "x");
    std::optional<TcpPeer> peer = accepted_by(target);
    ASSERT_TRUE(peer);

    peer->send(message("1"));

    ASSERT_TRUE(server->run_until([&] { return peer->poll() >= 7; }));
    EXPECT_EQ(peer->received, "xanswer");
    EXPECT_EQ(server->script.messages[0].flow.peer, target.endpoint());
    EXPECT_EQ(server->script.messages[0].flow.listener, 0);
    EXPECT_NE(server->script.messages[0].flow.connection, 0U);
}

TEST_F(TcpConnect, AConnectionThatThePeerMadeIsUsedForIt) {
    start();
    boost::asio::io_context peers;
    TcpPeer peer(peers, server->bound(0));
    peer.send(message("1"));
    ASSERT_TRUE(server->run_until([&] { return !server->script.messages.empty(); }));

    send(to(peer.endpoint()), "NOTIFY");

    ASSERT_TRUE(server->run_until([&] { return peer.poll() > 0; }));
    EXPECT_EQ(peer.received, "NOTIFY");
    EXPECT_EQ(server->stats().connections_open, 1U);
}

// RFC 3261 §18.2.2.
TEST_F(TcpConnect, AResponseWhoseConnectionIsGoneGoesByAnotherOne) {
    start();
    TcpTarget target;
    const Flow gone{Transport::tcp, 0, {target.endpoint().address, 1}, 0, 77};

    for (const char* response : {"one,", "two"}) {
        server->driver.run_turn([&](TimePoint, Outbox& outbox) {
            outbox.respond(gone, response, target.endpoint().port);
        });
    }

    std::optional<TcpPeer> peer = accepted_by(target);
    ASSERT_TRUE(peer);
    ASSERT_TRUE(server->run_until([&] { return peer->poll() >= 7; }));
    EXPECT_EQ(peer->received, "one,two");
    EXPECT_EQ(server->stats().connections_made, 1U);
}

TEST_F(TcpConnect, ARequestWhoseConnectionIsGoneDoesNot) {
    start();
    TcpTarget target;
    send({Transport::tcp, 0, target.endpoint(), 0, 77}, "x");
    ASSERT_TRUE(server->run_until([&] { return !server->script.closed.empty(); }));
    EXPECT_FALSE(target.accept());
}

TEST_F(TcpConnect, AConnectionToAnotherListenersAddressIsNotUsed) {
    start();
    boost::asio::io_context peers;
    TcpPeer peer(peers, server->bound(0));
    peer.send(message("1"));
    ASSERT_TRUE(server->run_until([&] { return !server->script.messages.empty(); }));

    send(to(peer.endpoint(), 1), "NOTIFY");

    ASSERT_TRUE(server->run_until([&] { return !server->script.closed.empty(); }));
    EXPECT_THAT(server->script.closed, ElementsAre(to(peer.endpoint(), 1)));
    EXPECT_EQ(peer.poll(), 0U);
}

TEST_F(TcpConnect, ARefusedConnectIsAClosedFlowWithoutANumber) {
    start();
    const Endpoint nobody = closed_port();

    send(to(nobody), "x");

    ASSERT_TRUE(server->run_until([&] { return !server->script.closed.empty(); }));
    EXPECT_THAT(server->script.closed, ElementsAre(to(nobody)));
    EXPECT_EQ(server->stats().connects_failed, 1U);
    EXPECT_EQ(server->stats().connections_open, 0U);
    EXPECT_EQ(server->stats().stream_bytes_queued, 0U);
}

TEST_F(TcpConnect, WhereNoConnectCanBeginTheFlowIsClosedAsWell) {
    TransportOptions options;
    options.connections = 1;
    start(options);
    TcpTarget target;
    send(to(target.endpoint()), "x");
    const Flow other_family = to({*IpAddress::parse("::1"), 5060});
    const Flow unknown_listener = to(target.endpoint(), 9);
    const Flow over_limit = to(target.endpoint(), 1);

    for (const Flow& flow : {other_family, unknown_listener, over_limit}) send(flow, "y");

    ASSERT_TRUE(server->run_until([&] { return server->script.closed.size() == 3; }));
    EXPECT_THAT(server->script.closed, ElementsAre(other_family, unknown_listener, over_limit));
    EXPECT_EQ(server->stats().stream_messages_unsendable, 3U);
}

/// A target whose backlog is full: the kernel ignores further attempts.
class Hanging {
public:
    Hanging() : filler_(target_.io(), target_.endpoint()) {}
    Endpoint endpoint() const { return target_.endpoint(); }

private:
    TcpTarget target_{0};
    TcpPeer filler_;
};

TEST_F(TcpConnect, AConnectThatHangsIsGivenUp) {
    TransportOptions options;
    options.connect_timeout = 20ms;
    start(options);
    const Hanging hanging;

    send(to(hanging.endpoint()), "x");

    ASSERT_TRUE(server->run_until([&] { return !server->script.closed.empty(); }));
    EXPECT_THAT(server->script.closed, ElementsAre(to(hanging.endpoint())));
    EXPECT_EQ(server->stats().connects_timed_out, 1U);
}

TEST_F(TcpConnect, WhatWaitsForAConnectIsBounded) {
    TransportOptions options;
    options.tcp_queue_bytes = 1'000;
    start(options);
    const Hanging hanging;

    for (int i = 0; i < 11; ++i) send(to(hanging.endpoint()), std::string(100, 'x'));

    ASSERT_TRUE(server->run_until([&] { return !server->script.closed.empty(); }));
    EXPECT_THAT(server->script.closed, ElementsAre(to(hanging.endpoint())));
    EXPECT_EQ(server->closed_by(CloseCause::slow_reader), 1U);
    EXPECT_EQ(server->stats().stream_bytes_queued, 0U);
}

TEST_F(TcpConnect, AConnectThatIsNoLongerWantedIsBrokenOff) {
    start();
    const Hanging hanging;
    send(to(hanging.endpoint()), "x");

    server->driver.run_turn([&](TimePoint, Outbox& outbox) { outbox.close(to(hanging.endpoint())); }
    );

    EXPECT_EQ(server->stats().connections_open, 0U);
    ASSERT_TRUE(server->run_until([&] { return !server->script.closed.empty(); }));
    EXPECT_THAT(server->script.closed, ElementsAre(to(hanging.endpoint())));
}

TEST_F(TcpConnect, TheEndOfAConnectionThatWasFoundByItsPeerIsReportedWithAndWithoutItsNumber) {
    start();
    TcpTarget target;
    send(to(target.endpoint()), "x");
    std::optional<TcpPeer> peer = accepted_by(target);
    ASSERT_TRUE(peer);
    peer->send(message("1"));
    ASSERT_TRUE(server->run_until([&] { return !server->script.messages.empty(); }));
    const Flow numbered = server->script.messages[0].flow;

    peer->close();

    ASSERT_TRUE(server->run_until([&] { return !server->script.closed.empty(); }));
    EXPECT_THAT(server->script.closed, UnorderedElementsAre(numbered, to(target.endpoint())));
}

TEST_F(TcpConnect, AfterTheEndOfAConnectionANewOneIsMade) {
    start();
    TcpTarget target;
    send(to(target.endpoint()), "x");
    std::optional<TcpPeer> first = accepted_by(target);
    ASSERT_TRUE(first);
    first->close();
    ASSERT_TRUE(server->run_until([&] { return !server->script.closed.empty(); }));

    send(to(target.endpoint()), "again");

    std::optional<TcpPeer> second = accepted_by(target);
    ASSERT_TRUE(second);
    EXPECT_TRUE(server->run_until([&] { return second->poll() == 5; }));
}

}  // namespace
}  // namespace reginfo::test
