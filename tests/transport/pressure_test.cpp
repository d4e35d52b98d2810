/// @file
/// When the reactor counts as behind, and that it stops to.

#include "tests/transport/test_server.hpp"
#include "transport/receive_batch.hpp"
#include "transport/steady_time.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace reginfo::test {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using namespace std::chrono_literals;

class PressureTest : public ::testing::Test {
protected:
    PressureTest() : server({listener(Transport::udp), listener(Transport::udp)}) {}

    /// Each datagram brings two more until so many came that any receive buffer was full, so that
    /// the socket is drained only then.
    void flood(const std::function<void()>& meanwhile) {
        server.script.on_message = [this, meanwhile](const Flow& flow, std::string_view, Outbox&) {
            if (flow.listener != 0 || ++floods > kEnough) return;
            for (int i = 0; i < 2; ++i) peer.send(server.bound(0), datagram);
            meanwhile();
        };
        peer.send(server.bound(0), datagram);
    }

    /// Of a listener, as the kernel counts it: twice the value of Asio.
    static std::size_t receive_buffer() {
        boost::asio::io_context io;
        Listeners listeners = Listeners::open(io, std::vector{listener(Transport::udp)});
        const auto socket = std::get<boost::asio::ip::udp::socket>(listeners.take(0));
        boost::asio::socket_base::receive_buffer_size size;
        socket.get_option(size);
        return static_cast<std::size_t>(size.value()) * 2;
    }

    bool is_over() const {
        const auto& pressures = server.script.pressures;
        return !pressures.empty() && pressures.back() == Pressure::none;
    }

    static constexpr int kEnough = 12'000;

    TestServer server;
    UdpPeer peer;
    const std::string datagram = std::string(1'400, 'x');
    int floods = 0;
};

TEST_F(PressureTest, ASocketThatCannotBeDrainedIsPressureUntilItIs) {
    flood([] {});

    ASSERT_TRUE(server.run_until([this] { return is_over(); }));
    EXPECT_THAT(server.script.pressures, Contains(Pressure::extreme));
    EXPECT_EQ(server.stats().pressure, 0U);
}

/// The wakeup after one that did not drain the socket takes whole batches to the last datagram, so
/// only an empty read shows that nothing is left.
TEST_F(PressureTest, ABacklogThatEndsWithAWholeBatchIsOverAsWell) {
    constexpr std::size_t kWakeup = 8 * ReceiveBatch::kSize;
    constexpr std::size_t kBacklog = 4 * ReceiveBatch::kSize;
    const std::string filling(receive_buffer() * 3 / 10 / kBacklog, 'x');  // and room for its heads
    std::size_t sent = 0;
    const auto send = [&] {
        peer.send(server.bound(0), filling);
        ++sent;
    };
    server.script.on_message = [&](const Flow&, std::string_view, Outbox&) {
        if (sent < kWakeup + kBacklog) send();
    };
    while (sent < kBacklog) send();

    ASSERT_TRUE(server.run_until([this] { return is_over(); }));
    EXPECT_EQ(server.script.messages.size(), kWakeup + kBacklog) << "some were lost";
    EXPECT_EQ(server.script.pressures.size(), 2U);
}

TEST_F(PressureTest, AListenerThatIsIdleDoesNotHideOneThatIsNot) {
    UdpPeer other;
    flood([&] { other.send(server.bound(1), "x"); });

    ASSERT_TRUE(server.run_until([this] { return is_over(); }));
    EXPECT_THAT(server.script.pressures, Contains(Pressure::extreme));
    EXPECT_EQ(std::ranges::count(server.script.pressures, Pressure::none), 1) << "at the end";
}

TEST_F(PressureTest, WorkThatIsOverdueIsPressureUntilItIsDone) {
    server.script.deadline = steady_now();
    server.script.on_timeout = [&](TimePoint, Outbox&) {
        if (!server.script.pressures.empty()) server.script.deadline.reset();
    };

    ASSERT_TRUE(server.run_until([this] { return is_over(); }));
    EXPECT_THAT(server.script.pressures, ElementsAre(Pressure::high, Pressure::none));
}

TEST_F(PressureTest, WhatWasDueWhileStateWasReadAtTheStartIsNone) {
    int turns = 0;
    server.script.deadline = steady_now() - 30s;
    server.script.on_timeout = [&](TimePoint, Outbox&) {
        if (++turns == 3) server.script.deadline.reset();
    };

    ASSERT_TRUE(server.run_until([&] { return turns == 3; }));
    EXPECT_THAT(server.script.pressures, IsEmpty());
}

TEST_F(PressureTest, ALittleLateIsNone) {
    server.script.deadline = steady_now() - 1ms;
    bool done = false;
    server.script.on_timeout = [&](TimePoint, Outbox&) {
        server.script.deadline.reset();
        done = true;
    };

    ASSERT_TRUE(server.run_until([&] { return done; }));
    EXPECT_THAT(server.script.pressures, IsEmpty());
}

}  // namespace
}  // namespace reginfo::test
