/// @file
/// TCP connections that peers made: framing, answers, and the ways in which they end.

#include "tests/transport/kernel_faults.hpp"
#include "tests/transport/test_server.hpp"

#include <boost/smart_ptr/make_local_shared.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

namespace reginfo::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using namespace std::chrono_literals;

const std::string kAnswer = "SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n";

class Tcp : public ::testing::Test {
protected:
    void start(const TransportOptions& options = {}) {
        server = std::make_unique<TestServer>(
            std::vector{listener(Transport::udp), listener(Transport::tcp)}, options
        );
    }
    TcpPeer connect() { return {peers, server->bound(1)}; }

    void echo() {
        server->script.on_message = [](const Flow& flow, std::string_view bytes, Outbox& outbox) {
            outbox.send(flow, std::string(bytes));
        };
    }

    /// The flow of the only connection, which sends a message for it: one that wants no answer.
    Flow flow_of(TcpPeer& peer) {
        const std::size_t before = server->script.messages.size();
        peer.send("SIP/2.0 200 Who am I\r\nContent-Length: 0\r\n\r\n");
        server->script.answers = false;
        EXPECT_TRUE(server->run_until([&] { return server->script.messages.size() > before; }));
        server->script.answers = true;
        return server->script.messages.back().flow;
    }

    boost::asio::io_context peers;
    std::unique_ptr<TestServer> server;
};

TEST_F(Tcp, MessagesAreTheSameHoweverTheStreamIsCut) {
    start();
    const std::string stream = message("1", "body") + message("2") + "\r\n" + message("3", "x");
    for (std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{50}, stream.size()}) {
        SCOPED_TRACE(piece);
        server->script.messages.clear();
        TcpPeer peer = connect();
        for (std::size_t at = 0; at < stream.size(); at += piece) {
            const std::uint64_t before = server->stats().stream_bytes_received;
            const std::string_view bytes = std::string_view(stream).substr(at, piece);
            peer.send(bytes);
            ASSERT_TRUE(server->run_until([&] {
                return server->stats().stream_bytes_received == before + bytes.size();
            }));
        }

        ASSERT_THAT(server->script.messages, SizeIs(3));
        EXPECT_EQ(server->script.messages[0].bytes, message("1", "body"));
        EXPECT_EQ(server->script.messages[1].bytes, message("2"));
        EXPECT_EQ(server->script.messages[2].bytes, message("3", "x"));
        EXPECT_EQ(server->script.messages[0].flow.peer, peer.endpoint());
        EXPECT_EQ(server->script.messages[0].flow.listener, 1);
        EXPECT_EQ(server->script.messages[0].flow.transport, Transport::tcp);
    }
}

TEST_F(Tcp, EachConnectionHasANumberOfItsOwn) {
    start();
    TcpPeer first = connect();
    TcpPeer second = connect();

    EXPECT_NE(flow_of(first).connection, flow_of(second).connection);
    EXPECT_NE(flow_of(first).connection, 0U);
}

TEST_F(Tcp, PipelinedMessagesAreAnsweredInOrder) {
    start();
    echo();
    TcpPeer peer = connect();
    std::string stream;
    for (int i = 0; i < 100; ++i) stream += message(std::to_string(i));

    peer.send(stream);

    ASSERT_TRUE(server->run_until([&] { return peer.poll() >= stream.size(); }));
    EXPECT_EQ(peer.received, stream);
    EXPECT_EQ(server->stats().stream_messages_sent, 100U);
}

TEST_F(Tcp, WhatTheKernelTakesOnlyInPartsArrivesWhole) {
    TransportOptions options;
    options.tcp_queue_bytes = 64U << 20U;
    start(options);
    TcpPeer peer = connect();
    const Flow flow = flow_of(peer);
    std::string expected;

    server->driver.run_turn([&](TimePoint, Outbox& outbox) {
        for (int i = 0; i < 3'000; ++i) {
            const std::string head = "head " + std::to_string(i) + ",";
            const std::string tail(static_cast<std::size_t>(i), static_cast<char>('a' + i % 26));
            expected += head + tail;
            outbox.send(flow, head, boost::make_local_shared<const std::string>(tail));
        }
    });

    EXPECT_GT(server->stats().stream_bytes_queued, 0U) << "all went at once: test more";
    ASSERT_TRUE(server->run_until([&] { return peer.poll() >= expected.size(); }));
    EXPECT_TRUE(peer.received == expected);
    EXPECT_EQ(server->stats().stream_bytes_queued, 0U);
    EXPECT_EQ(server->stats().stream_messages_sent, 3'000U);
}

TEST_F(Tcp, ABrokenStreamIsRefusedAndClosed) {
    start();
    server->script.on_broken_stream = [](const Flow& flow, std::string_view, Outbox& outbox) {
        outbox.send(flow, "refused");
        outbox.close(flow);
    };
    TcpPeer peer = connect();

    peer.send("OPTIONS sip:a@b SIP/2.0\r\nContent-Length: many\r\n\r\n");
    peer.send(message("after"));

    ASSERT_TRUE(server->run_until([&] { return peer.poll_end(); }));
    EXPECT_EQ(peer.received, "refused");
    EXPECT_FALSE(peer.reset);
    EXPECT_THAT(server->script.messages, IsEmpty());
    EXPECT_EQ(server->closed_by(CloseCause::requested), 1U);
}

TEST_F(Tcp, AClosedFlowIsClosedAfterWhatIsQueuedOnIt) {
    TransportOptions options;
    options.tcp_queue_bytes = 64U << 20U;
    start(options);
    TcpPeer peer = connect();
    const Flow flow = flow_of(peer);
    const std::string large(16U << 20U, 'x');

    server->driver.run_turn([&](TimePoint, Outbox& outbox) {
        outbox.send(flow, large);
        outbox.close(flow);
        outbox.send(flow, "too late");
    });

    ASSERT_TRUE(server->run_until([&] { return peer.poll_end(); }));
    EXPECT_EQ(peer.received.size(), large.size());
    EXPECT_EQ(server->stats().stream_messages_unsendable, 1U);
    EXPECT_EQ(server->script.closed, (std::vector{flow, flow}));  // the second: could not send
    peer.close();
    EXPECT_TRUE(server->run_until([&] { return server->stats().connections_open == 0; }));
}

TEST_F(Tcp, AClosedFlowWhosePeerStaysIsGivenUpAfterTheLingerTimeout) {
    TransportOptions options;
    options.linger_timeout = 20ms;
    start(options);
    TcpPeer peer = connect();
    const Flow flow = flow_of(peer);

    server->driver.run_turn([&](TimePoint, Outbox& outbox) { outbox.close(flow); });

    EXPECT_TRUE(server->run_until([&] { return server->stats().connections_open == 0; }));
}

TEST_F(Tcp, APeerThatClosesEndsItsFlow) {
    start();
    TcpPeer peer = connect();
    const Flow flow = flow_of(peer);

    peer.close();

    ASSERT_TRUE(server->run_until([&] { return !server->script.closed.empty(); }));
    EXPECT_THAT(server->script.closed, ElementsAre(flow));
    EXPECT_EQ(server->closed_by(CloseCause::peer), 1U);
    EXPECT_EQ(server->stats().connections_open, 0U);
}

TEST_F(Tcp, APeerThatOnlyEndsItsOutputStillGetsItsAnswer) {
    start();
    server->script.on_message = [](const Flow& flow, std::string_view, Outbox& outbox) {
        outbox.send(flow, kAnswer);
    };
    TcpPeer peer = connect();

    peer.send(message("last"));
    peer.end_output();

    ASSERT_TRUE(server->run_until([&] { return peer.poll_end(); }));
    EXPECT_EQ(peer.received, kAnswer);
}

TEST_F(Tcp, APeerThatOnlyEndsItsOutputStillGetsAnAnswerThatComesLater) {
    start();
    TcpPeer peer = connect();
    const Flow flow = flow_of(peer);
    peer.send(message("last"));
    peer.end_output();
    ASSERT_TRUE(server->run_until([&] { return server->script.messages.size() == 2; }));
    EXPECT_THAT(server->script.closed, IsEmpty());

    server->driver.run_turn([&](TimePoint, Outbox& outbox) { outbox.send(flow, kAnswer); });

    ASSERT_TRUE(server->run_until([&] { return peer.poll_end(); }));
    EXPECT_EQ(peer.received, kAnswer);
    EXPECT_THAT(server->script.closed, ElementsAre(flow));
}

TEST_F(Tcp, APeerThatEndsItsOutputAndGetsNoAnswerIsGivenUpAfterTheLingerTimeout) {
    TransportOptions options;
    options.linger_timeout = 20ms;
    start(options);
    TcpPeer peer = connect();
    const Flow flow = flow_of(peer);

    peer.send(message("last"));
    peer.end_output();

    ASSERT_TRUE(server->run_until([&] { return server->stats().connections_open == 0; }));
    EXPECT_THAT(server->script.closed, ElementsAre(flow));
}

TEST_F(Tcp, APeerThatEndsItsOutputIsNotKeptForWhatIsNeverAnswered) {
    start();
    server->script.answers = false;
    TcpPeer peer = connect();
    const auto begin = std::chrono::steady_clock::now();

    peer.send(message("ack"));
    peer.end_output();

    ASSERT_TRUE(server->run_until([&] { return peer.poll_end(); }));
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 4s) << "the linger timeout is five";
}

TEST_F(Tcp, AnIdleConnectionIsClosedAndReported) {
    TransportOptions options;
    options.idle_timeout = 20ms;
    start(options);
    TcpPeer peer = connect();
    const Flow flow = flow_of(peer);

    ASSERT_TRUE(server->run_until([&] { return peer.poll_end(); }));
    EXPECT_THAT(server->script.closed, ElementsAre(flow));
    EXPECT_EQ(server->closed_by(CloseCause::idle), 1U);
}

TEST_F(Tcp, AMessageThatIsNotCompleteInTimeEndsItsConnectionAndASingleCrlfDoesNot) {
    TransportOptions options;
    options.message_timeout = 20ms;
    start(options);
    TcpPeer alive = connect();
    alive.send("\r\n");
    TcpPeer slow = connect();
    slow.send("OPTIONS sip:a@b SIP/2.0\r\n");

    ASSERT_TRUE(server->run_until([&] { return slow.poll_end(); }));
    EXPECT_EQ(server->closed_by(CloseCause::message), 1U);
    EXPECT_EQ(server->stats().connections_open, 1U);
    EXPECT_FALSE(alive.poll_end());
}

TEST_F(Tcp, APeerThatDoesNotReadIsClosed) {
    TransportOptions options;
    options.tcp_queue_bytes = 1U << 20U;
    start(options);
    TcpPeer peer = connect();
    const Flow flow = flow_of(peer);

    const bool closed = server->run_until([&] {
        server->driver.run_turn([&](TimePoint, Outbox& outbox) {
            outbox.send(flow, std::string(60'000, 'x'));
        });
        return !server->script.closed.empty();
    });

    ASSERT_TRUE(closed);
    EXPECT_EQ(server->script.closed[0], flow);
    EXPECT_EQ(server->closed_by(CloseCause::slow_reader), 1U);
    EXPECT_EQ(server->stats().stream_bytes_queued, 0U);
    ASSERT_THAT(server->notes, SizeIs(1));
    EXPECT_EQ(server->notes[0].severity, Note::Severity::warning);
}

TEST_F(Tcp, TheBoundOnAllQueuesClosesOnlyPeersThatDoNotRead) {
    TransportOptions options;
    options.tcp_queue_bytes = 64U << 20U;
    options.tcp_queue_bytes_total = 1U << 20U;
    start(options);
    TcpPeer deaf = connect();
    TcpPeer reader = connect();
    const Flow to_deaf = flow_of(deaf);
    const Flow to_reader = flow_of(reader);

    const bool closed = server->run_until([&] {
        server->driver.run_turn([&](TimePoint, Outbox& outbox) {
            outbox.send(to_deaf, std::string(60'000, 'x'));
            outbox.send(to_reader, "y");
        });
        reader.poll();
        return !server->script.closed.empty();
    });

    ASSERT_TRUE(closed);
    EXPECT_EQ(server->script.closed[0], to_deaf);
    EXPECT_EQ(server->closed_by(CloseCause::slow_reader), 1U);
    EXPECT_EQ(server->stats().connections_open, 1U);
    EXPECT_EQ(flow_of(reader), to_reader);
}

TEST_F(Tcp, TheBoundOnIncompleteInputClosesThePeerThatExceedsIt) {
    TransportOptions options;
    options.tcp_input_bytes_total = 1'000;
    start(options);
    TcpPeer small = connect();
    small.send("OPTIONS sip:a@b SIP/2.0\r\n");
    ASSERT_TRUE(server->run_until([&] { return server->stats().stream_input_bytes > 0; }));
    TcpPeer large = connect();

    large.send("OPTIONS sip:a@b SIP/2.0\r\nSubject: " + std::string(1'000, 'x'));

    ASSERT_TRUE(server->run_until([&] { return large.poll_end(); }));
    EXPECT_EQ(server->closed_by(CloseCause::memory), 1U);
    EXPECT_FALSE(small.poll_end());
}

TEST_F(Tcp, ConnectionsOverTheLimitAreRefusedUntilOneGoes) {
    TransportOptions all;
    all.connections = 1;
    TransportOptions each;
    each.connections_per_peer = 1;
    for (const TransportOptions& options : {all, each}) {
        start(options);
        TcpPeer first = connect();
        flow_of(first);

        TcpPeer refused = connect();
        ASSERT_TRUE(server->run_until([&] { return refused.poll_end(); }));
        EXPECT_EQ(server->stats().connections_refused, 1U);
        EXPECT_FALSE(first.poll_end());

        first.close();
        ASSERT_TRUE(server->run_until([&] { return server->stats().connections_open == 0; }));
        TcpPeer next = connect();
        flow_of(next);
    }
}

TEST_F(Tcp, WithoutDescriptorsPeersWaitInTheBacklog) {
    TransportOptions options;
    options.accept_backoff = 1ms;
    start(options);
    TcpPeer peer = connect();
    peer.send(message("patient"));
    {
        const NoDescriptors none;
        ASSERT_TRUE(server->run_until([&] { return server->stats().accept_errors >= 2; }));
    }

    EXPECT_EQ(server->notes[0].what, "accept failed");
    EXPECT_TRUE(server->run_until([&] { return !server->script.messages.empty(); }));
}

TEST_F(Tcp, AMessageForAConnectionThatIsGoneComesBackAsAClosedFlow) {
    start();
    const Flow gone{Transport::tcp, 1, {*IpAddress::parse("127.0.0.1"), 5060}, 0, 4711};

    server->driver.run_turn([&](TimePoint, Outbox& outbox) { outbox.send(gone, "late"); });

    ASSERT_TRUE(server->run_until([&] { return !server->script.closed.empty(); }));
    EXPECT_THAT(server->script.closed, ElementsAre(gone));
    EXPECT_EQ(server->stats().stream_messages_unsendable, 1U);
}

}  // namespace
}  // namespace reginfo::test
