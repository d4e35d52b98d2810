/// @file
/// Opening sockets before there is an engine.

#include "transport/listeners.hpp"

#include "tests/transport/test_server.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/system/system_error.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <variant>

namespace reginfo::test {
namespace {

using ::testing::StartsWith;

TEST(Listeners, APortOfZeroBecomesTheBoundOne) {
    boost::asio::io_context io;
    const std::vector configs{listener(Transport::udp), listener(Transport::tcp, "::1")};

    const Listeners listeners = Listeners::open(io, configs);

    ASSERT_EQ(listeners.size(), 2U);
    EXPECT_EQ(listeners.bound(0).address.to_string(), "127.0.0.1");
    EXPECT_EQ(listeners.bound(1).address.to_string(), "::1");
    EXPECT_NE(listeners.bound(0).port, 0);
    EXPECT_NE(listeners.bound(1).port, 0);
}

TEST(Listeners, AnErrorNamesTheListener) {
    for (const Transport transport : {Transport::udp, Transport::tcp}) {
        boost::asio::io_context io;
        const std::vector first{listener(transport)};
        const Listeners listeners = Listeners::open(io, first);
        std::vector again = first;
        again[0].port = listeners.bound(0).port;

        try {
            Listeners::open(io, again);
            FAIL() << "the port is taken";
        } catch (const boost::system::system_error& error) {
            const std::string name = transport == Transport::udp ? "udp:" : "tcp:";
            const std::string there = name + listeners.bound(0).to_string();
            EXPECT_THAT(error.what(), StartsWith(there + ": Address already in use"));
        }
    }
}

TEST(Listeners, AWildcardOfEachFamilyMayShareAPort) {
    boost::asio::io_context io;
    const std::vector v4{listener(Transport::tcp, "0.0.0.0")};
    const Listeners first = Listeners::open(io, v4);
    std::vector v6{listener(Transport::tcp, "::")};
    v6[0].port = first.bound(0).port;

    EXPECT_NO_THROW(Listeners::open(io, v6));
}

/// What a service manager holds: an open socket, of which it passes a copy.
template <class Socket>
class Held {
public:
    explicit Held(Transport transport) : transport_(transport), socket_(io_) {
        socket_.open(Socket::protocol_type::v4());
        socket_.bind({boost::asio::ip::address_v4::loopback(), 0});
    }

    Socket& socket() { return socket_; }
    ListenerConfig pass() {
        const auto endpoint = socket_.local_endpoint();
        return {transport_, endpoint.address(), endpoint.port(), ::dup(socket_.native_handle())};
    }

private:
    Transport transport_;
    boost::asio::io_context io_;
    Socket socket_;
};

int option_of(int socket, int option) {
    int value = -1;
    socklen_t size = sizeof value;
    EXPECT_EQ(::getsockopt(socket, SOL_SOCKET, option, &value, &size), 0);
    return value;
}

TEST(Listeners, APassedSocketIsUsedAndGetsTheOptionsOfOurOwn) {
    Held<boost::asio::ip::udp::socket> udp(Transport::udp);
    Held<boost::asio::ip::tcp::acceptor> tcp(Transport::tcp);
    tcp.socket().listen(1);
    const std::vector configs{udp.pass(), listener(Transport::udp), tcp.pass()};
    boost::asio::io_context io;

    Listeners listeners = Listeners::open(io, configs);

    EXPECT_EQ(listeners.bound(0).port, configs[0].port);
    EXPECT_NE(listeners.bound(1).port, 0) << "opened as ever";
    EXPECT_EQ(listeners.bound(2).port, configs[2].port);
    auto ours = std::get<boost::asio::ip::udp::socket>(listeners.take(1));
    const int passed = udp.socket().native_handle();
    for (const int option : {SO_RCVBUF, SO_SNDBUF, SO_RXQ_OVFL}) {
        EXPECT_EQ(option_of(passed, option), option_of(ours.native_handle(), option)) << option;
    }
    EXPECT_NE(::fcntl(tcp.socket().native_handle(), F_GETFL) & O_NONBLOCK, 0);
}

TEST(Listeners, ALargerBufferOfAPassedSocketStays) {
    Held<boost::asio::ip::udp::socket> udp(Transport::udp);
    const int large = 32 << 20;
    const int socket = udp.socket().native_handle();
    if (::setsockopt(socket, SOL_SOCKET, SO_RCVBUFFORCE, &large, sizeof large) != 0) {
        ::setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &large, sizeof large);
    }
    const int before = option_of(socket, SO_RCVBUF);
    boost::asio::io_context io;

    Listeners::open(io, std::vector{udp.pass()});

    EXPECT_EQ(option_of(socket, SO_RCVBUF), before);
}

TEST(Listeners, WhatComesOnAPassedSocketWhileNobodyServesWaitsForTheNext) {
    Held<boost::asio::ip::udp::socket> udp(Transport::udp);
    Held<boost::asio::ip::tcp::acceptor> tcp(Transport::tcp);
    tcp.socket().listen();
    boost::asio::io_context own;
    boost::asio::ip::udp::socket sender(own, boost::asio::ip::udp::v4());
    boost::asio::ip::tcp::socket client(own);
    {
        TestServer server({udp.pass(), tcp.pass()});
        server.driver.stop();
        server.io.restart();
        server.io.run();
        const auto guard = boost::asio::make_work_guard(server.io);
        sender.send_to(boost::asio::buffer(message("u")), udp.socket().local_endpoint());
        client.connect(tcp.socket().local_endpoint());
        boost::asio::write(client, boost::asio::buffer(message("t")));
        server.io.restart();
        EXPECT_EQ(server.io.run_for(std::chrono::milliseconds{50}), 0U) << "it looks at them still";
    }

    TestServer next({udp.pass(), tcp.pass()});

    EXPECT_TRUE(next.run_until([&] { return next.script.messages.size() == 2; }));
}

}  // namespace
}  // namespace reginfo::test
