/// @file
/// Opening sockets before there is an engine.

#include "transport/listeners.hpp"

#include "tests/transport/test_server.hpp"

#include <boost/system/system_error.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace reginfo::test {
namespace {

using ::testing::StartsWith;

TEST(Listeners, APortOfZeroBecomesTheBoundOne) {
    boost::asio::io_context io;
    const std::vector configs{listener(Transport::udp), listener(Transport::tcp, "::1")};

    const Listeners listeners = Listeners::open(io, configs);

    ASSERT_EQ(listeners.size(), 2U);
    EXPECT_EQ(listeners.transport(0), Transport::udp);
    EXPECT_EQ(listeners.transport(1), Transport::tcp);
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

}  // namespace
}  // namespace reginfo::test
