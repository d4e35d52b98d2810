/// @file
/// Pings of TCP peers (RFC 5626 §3.5.1), and the cost of a storm of them.

#include "tests/transport/test_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace reginfo::test {
namespace {

using ::testing::EndsWith;
using ::testing::IsEmpty;

const std::string kPing = "\r\n\r\n";

class TcpPing : public ::testing::Test {
protected:
    TcpPing() {
        options.tcp_queue_bytes = 16U << 20U;
        server.emplace(std::vector{listener(Transport::tcp)}, options);
        peer.emplace(peers, server->bound(0));
        peer->send("SIP/2.0 200 Who am I\r\nContent-Length: 0\r\n\r\n");
        EXPECT_TRUE(server->run_until([&] { return !server->script.messages.empty(); }));
    }

    void send(std::size_t bytes) {
        server->driver.run_turn([&](TimePoint, Outbox& outbox) {
            outbox.send(server->script.messages[0].flow, std::string(bytes, 'x'));
        });
    }

    TransportOptions options;
    boost::asio::io_context peers;
    std::optional<TestServer> server;
    std::optional<TcpPeer> peer;
};

TEST_F(TcpPing, IsAnsweredWithAPong) {
    peer->send(kPing);

    ASSERT_TRUE(server->run_until([&] { return peer->poll() > 0; }));
    EXPECT_EQ(peer->received, "\r\n");
}

TEST_F(TcpPing, IsAnsweredOnceWhileThePongIsUnsent) {
    constexpr std::size_t kPings = 5'000;
    const std::size_t large = options.tcp_queue_bytes - 2;
    send(large);
    const std::uint64_t queued = server->stats().stream_bytes_queued;
    ASSERT_GT(queued, 0U) << "all went at once: send more";
    std::string storm;
    for (std::size_t i = 0; i < kPings; ++i) storm += kPing;

    peer->send(storm);

    ASSERT_TRUE(server->run_until([&] { return server->stats().stream_pings == kPings; }));
    EXPECT_LE(server->stats().stream_bytes_queued, queued + 2);
    ASSERT_TRUE(server->run_until([&] { return peer->poll() >= large + 2; }));
    EXPECT_EQ(peer->received.size(), large + 2);
    EXPECT_THAT(peer->received, EndsWith("x\r\n"));

    peer->received.clear();
    peer->send(kPing);
    ASSERT_TRUE(server->run_until([&] { return peer->poll() > 0; }));
    EXPECT_EQ(peer->received, "\r\n") << "the next is answered again";
}

TEST_F(TcpPing, CountsForTheBoundOfTheQueue) {
    const auto fill = [&] {
        const std::uint64_t queued = server->stats().stream_bytes_queued;
        if (queued < options.tcp_queue_bytes) send(options.tcp_queue_bytes - queued);
        return server->stats().stream_bytes_queued == options.tcp_queue_bytes;
    };
    ASSERT_TRUE(server->run_until(fill)) << "the kernel takes all";
    EXPECT_THAT(server->script.closed, IsEmpty());

    peer->send(kPing);

    ASSERT_TRUE(server->run_until([&] { return !server->script.closed.empty(); }));
    EXPECT_EQ(server->closed_by(CloseCause::slow_reader), 1U);
    EXPECT_EQ(server->stats().stream_bytes_queued, 0U);
}

}  // namespace
}  // namespace reginfo::test
