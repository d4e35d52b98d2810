/// @file
/// One connection to a Redis: from a name to the first of its addresses that answers.

#include "transport/redis_connection.hpp"

#include "tests/transport/dead_port.hpp"
#include "tests/transport/known_names.hpp"
#include "tests/transport/redis_waits.hpp"
#include "tests/transport/test_server.hpp"
#include "transport/ares_client.hpp"
#include "transport/steady_time.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace reginfo::test {
namespace {

using namespace std::chrono_literals;
using boost::asio::ip::tcp;

IpAddress address(const char* text) { return *IpAddress::parse(text); }

class RedisConnectionTest : public ::testing::Test {
protected:
    void know(KnownNames::Addresses known) {
        names.emplace(io, std::make_unique<KnownNames>(std::move(known)));
    }
    void open(const std::string& where, Duration timeout) {
        connection = RedisConnection::open(
            io,
            *names,
            where,
            timeout,
            nullptr,
            {.connected = [this] { is_connected = true; },
             .received = [](std::string_view) {},
             .closed = [this](const std::string& why) { closed = why; }}
        );
        EXPECT_FALSE(closed) << "from within open()";
    }
    bool until(const std::function<bool()>& is_so) {
        const TimePoint end = steady_now() + kLong;
        while (!is_so() && steady_now() < end) {
            io.restart();
            io.run_one_for(5ms);
        }
        return is_so();
    }

    boost::asio::io_context io;
    std::optional<RedisNames> names;
    std::shared_ptr<RedisConnection> connection;
    bool is_connected = false;
    std::optional<std::string> closed;
};

TEST_F(RedisConnectionTest, TheSecondAddressOfANameHasATimeOfItsOwn) {
    const DeadPort dead(io);
    const tcp::acceptor alive(io, dead.neighbour());
    know({{"redis.example", {address("127.0.0.1"), address("127.0.0.2")}}});
    open("Redis.Example:" + std::to_string(dead.port()), 100ms);
    EXPECT_TRUE(until([this] { return is_connected || closed; }));
    EXPECT_TRUE(is_connected) << closed.value_or("");
}

TEST_F(RedisConnectionTest, EachAddressHasItsTimeAndNoLonger) {
    const DeadPort dead(io);
    know({{"redis.example", {address("127.0.0.1"), address("127.0.0.1")}}});
    open("redis.example:" + std::to_string(dead.port()), 50ms);
    EXPECT_TRUE(until([this] { return is_connected || closed; }));
    EXPECT_EQ(closed, "no connection in time");
}

TEST_F(RedisConnectionTest, ANameWithoutAddressesIsSaidToHaveNone) {
    know({});
    open("nobody.example:6379", kLong);
    EXPECT_TRUE(until([this] { return is_connected || closed; }));
    EXPECT_EQ(closed, "its name has no address");
}

TEST_F(RedisConnectionTest, AnAddressIsNotLookedUp) {
    const TcpTarget target;
    know({});
    open("127.0.0.1:" + std::to_string(target.endpoint().port), kLong);
    EXPECT_TRUE(until([this] { return is_connected || closed; }));
    EXPECT_TRUE(is_connected) << closed.value_or("");
}

/// A DNS server that is silent, and c-ares that asks it.
class SilentDnsTest : public RedisConnectionTest {
protected:
    SilentDnsTest() {
        TransportOptions options;
        options.resolver_servers = {to_core(server.local_endpoint())};
        names.emplace(io, std::make_unique<AresClient>(io, options));
    }
    std::size_t questions() {
        std::size_t count = 0;
        std::array<char, 512> room{};
        while (server.available() > 0) count += server.receive(boost::asio::buffer(room)) > 0;
        return count;
    }

    boost::asio::io_context own;
    boost::asio::ip::udp::socket server{own, {boost::asio::ip::address_v4::loopback(), 0}};
};

TEST_F(SilentDnsTest, TheEndDoesNotWaitForIt) {
    open("redis.example:6379", kLong);
    ASSERT_TRUE(until([this] { return server.available() > 0; }));
    const TimePoint begin = steady_now();
    connection->close();
    names->stop();
    io.restart();
    io.run();  // returns: nothing is waited for
    names.reset();
    EXPECT_LT(steady_now() - begin, 1s);
}

TEST_F(SilentDnsTest, ANameThatIsNotFoundInTimeIsAskedForOnce) {
    for (int i = 0; i < 3; ++i) {
        closed.reset();
        open("redis.example.:6379", 50ms);
        ASSERT_TRUE(until([this] { return closed.has_value(); }));
        EXPECT_EQ(closed, "its name is not found in time");
    }
    EXPECT_LE(questions(), 2U) << "A and AAAA";
}

}  // namespace
}  // namespace reginfo::test
