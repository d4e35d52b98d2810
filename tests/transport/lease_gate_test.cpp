/// @file
/// What leaves while the lease of the node is over, and what the engine is told of it.

#include "tests/transport/kernel_faults.hpp"
#include "tests/transport/test_server.hpp"

#include <boost/asio/post.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace reginfo::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::string_view kBusy = "SIP/2.0 503 Service Unavailable\r\n\r\n";

class LeaseGateTest : public ::testing::Test {
protected:
    LeaseGateTest() : server({listener(Transport::udp), listener(Transport::tcp)}) {
        server.may_speak = [this] { return holds; };
        answer_with("SIP/2.0 200 OK\r\n\r\n");
    }

    void answer_with(std::string_view answer) {
        server.script.on_message = [answer = std::string(answer)](
                                       const Flow& flow, std::string_view, Outbox& outbox
                                   ) { outbox.send(flow, answer); };
    }
    /// Sends a message, and waits until its turn is over.
    void send() {
        const std::size_t messages = server.script.messages.size();
        const std::uint64_t turns = server.stats().turns.count;
        peer.send(server.bound(0), "x");
        ASSERT_TRUE(server.run_until([&] {
            return server.script.messages.size() > messages && server.stats().turns.count > turns;
        }));
    }

    /// A connection whose peer does not read what the server has for it.
    TcpPeer block() {
        TcpPeer slow(server.io, server.bound(1));
        slow.send(message("slow"));
        EXPECT_TRUE(server.run_until([&] { return !server.script.messages.empty(); }));
        const Flow flow = server.script.messages.back().flow;
        while (server.stats().stream_bytes_queued == 0) {
            server.driver.run_turn([&](TimePoint, Outbox& outbox) {
                outbox.send(flow, std::string(1'000'000, 'x'));
            });
        }
        return slow;
    }

    TestServer server;
    UdpPeer peer;
    bool holds = true;
};

TEST_F(LeaseGateTest, WithALeaseAllLeaves) {
    send();
    ASSERT_TRUE(server.run_until([&] { return peer.poll() == 1; }));
    EXPECT_THAT(server.script.lease, IsEmpty());
}

TEST_F(LeaseGateTest, WithoutALeaseWhatDependsOnStateDoesNotLeave) {
    holds = false;
    send();
    answer_with(kBusy);
    send();
    ASSERT_TRUE(server.run_until([&] { return peer.poll() == 1; }));
    EXPECT_THAT(peer.received, ElementsAre(kBusy));
    EXPECT_EQ(server.stats().messages_withheld, 1U);
}

TEST_F(LeaseGateTest, TheEngineIsToldBeforeTheTurnThatTheLeaseIsOverAndThatItCountsAgain) {
    send();
    holds = false;
    send();
    send();
    EXPECT_THAT(server.script.lease, ElementsAre("suspended"));
    holds = true;
    send();
    EXPECT_THAT(server.script.lease, ElementsAre("suspended", "resumed"));
}

TEST_F(LeaseGateTest, ALeaseThatRunsOutWithinATurnCountsBeforeItsEffects) {
    server.script.on_message = [this](const Flow& flow, std::string_view, Outbox& outbox) {
        holds = false;  // the process stood still here
        outbox.send(flow, "SIP/2.0 200 OK\r\n\r\n");
    };
    send();
    EXPECT_EQ(peer.poll(), 0U);
    EXPECT_EQ(server.stats().messages_withheld, 1U);
    holds = true;
    server.script.on_message = nullptr;
    send();
    EXPECT_THAT(server.script.lease, ElementsAre("suspended", "resumed")) << "it is taken back";
}

TEST_F(LeaseGateTest, DatagramsThatAreStillQueuedWhenTheLeaseEndsDoNotLeaveLater) {
    {
        const FullKernel full;
        send();
        answer_with(kBusy);
        send();
        ASSERT_GT(server.stats().datagram_bytes_queued, kBusy.size());
        holds = false;
    }
    ASSERT_TRUE(server.run_until([&] { return server.stats().datagram_bytes_queued == 0; }));
    ASSERT_TRUE(server.run_until([&] { return peer.poll() > 0; }));
    EXPECT_THAT(peer.received, ElementsAre(kBusy)) << "which says nothing of state";
    EXPECT_EQ(server.stats().messages_withheld, 1U);
}

TEST_F(LeaseGateTest, AConnectionWithUnsentBytesEndsWithTheLeaseAndWhatTheKernelHasOfThemToo) {
    TcpPeer slow = block();
    TcpPeer idle(server.io, server.bound(1));
    ASSERT_TRUE(server.run_until([&] { return server.stats().connections_open == 2; }));
    holds = false;
    server.driver.run_turn([](TimePoint, Outbox&) {});
    EXPECT_EQ(server.stats().connections_open, 1U);
    EXPECT_EQ(server.stats().stream_bytes_queued, 0U);
    ASSERT_TRUE(server.run_until([&] { return slow.poll_end(); }));
    EXPECT_TRUE(slow.reset);
    EXPECT_LT(slow.received.size(), server.stats().stream_bytes_sent);
    EXPECT_FALSE(idle.poll_end());
    EXPECT_THAT(server.script.lease, ElementsAre("suspended"));
}

TEST_F(LeaseGateTest, APeerThatReadsAgainAfterTheLeaseGetsNothingMore) {
    TcpPeer slow = block();
    const std::uint64_t sent = server.stats().stream_bytes_sent;
    holds = false;
    ASSERT_TRUE(server.run_until([&] { return slow.poll_end(); }));
    EXPECT_EQ(server.stats().stream_bytes_sent, sent);
}

TEST_F(LeaseGateTest, AConnectionThatIsMadeAsTheLeaseEndsCarriesNothing) {
    TcpTarget target;
    server.driver.run_turn([&](TimePoint, Outbox& outbox) {
        outbox.send(Flow{Transport::tcp, 1, target.endpoint(), 0}, "NOTIFY");
    });
    ASSERT_EQ(server.stats().connections_open, 1U);
    holds = false;
    ASSERT_TRUE(server.run_until([&] { return server.stats().connections_open == 0; }));
    EXPECT_EQ(server.stats().stream_bytes_sent, 0U);
}

TEST_F(LeaseGateTest, CommitsGoToTheStoreWithoutALease) {
    server.journal.answers_at_once = false;
    server.script.on_message = [](const Flow&, std::string_view, Outbox& outbox) {
        outbox.commit(7, {});
    };
    holds = false;
    send();
    EXPECT_THAT(server.journal.held, ElementsAre(7U));
}

}  // namespace
}  // namespace reginfo::test
