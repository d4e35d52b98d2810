/// @file
/// Addresses as the configuration writes them.

#include "app/listen_address.hpp"

#include <gtest/gtest.h>

#include <string>

namespace reginfo {
namespace {

TEST(ListenAddress, WhatIsReadIsWrittenTheSame) {
    for (const char* text :
         {"udp:127.0.0.1:5060",
          "tcp:192.0.2.1:0",
          "udp:[::1]:5060",
          "tcp:0.0.0.0:5060,advertise=sip.example.org:5070",
          "udp:[::]:5060,advertise=[2001:db8::1]:5060",
          "udp:0.0.0.0:5060,advertise=198.51.100.1"}) {
        const auto listen = parse_listen(text);
        ASSERT_TRUE(listen) << text << " " << listen.error().why;
        EXPECT_EQ(listen->to_string(), text);
    }
}

TEST(ListenAddress, LocalhostIsTheLoopbackAddress) {
    EXPECT_EQ(parse_listen("udp:localhost:5060")->to_string(), "udp:127.0.0.1:5060");
}

TEST(ListenAddress, AMalformedAddressIsReportedWithTheReason) {
    struct Malformed {
        const char* text;
        const char* why;
    };
    constexpr Malformed cases[] = {
        {"", "does not begin with \"udp:\" or \"tcp:\""},
        {"tls:127.0.0.1:5061", "does not begin with \"udp:\" or \"tcp:\""},
        {"udp:127.0.0.1", "has no port"},
        {"udp:127.0.0.1:", "has a port that is not from 0 to 65535"},
        {"udp:127.0.0.1:65536", "has a port that is not from 0 to 65535"},
        {"udp:127.0.0.1:+1", "has a port that is not from 0 to 65535"},
        {"udp:127.0.0.1:50 ", "has a port that is not from 0 to 65535"},
        {"udp:::1:5060", "needs brackets and a port"},
        {"udp:[::1]", "has no port"},
        {"udp:127.0.0.1:5060,mtu=1300",
         "has something other than \"advertise=NAME:PORT\" behind the comma"},
        {"udp:127.0.0.1:5060,advertise=", "has no host name or address in front (IPv6 in brackets)"
        },
        {"udp:127.0.0.1:5060,advertise=a b",
         "has no host name or address in front (IPv6 in brackets)"},
        {"udp:127.0.0.1:5060,advertise=2001:db8::1",
         "has no host name or address in front (IPv6 in brackets)"},
        {"udp:127.0.0.1:5060,advertise=a:0", "has a port that is not from 1 to 65535"},
        {"udp:0.0.0.0:5060,advertise=0.0.0.0:5060",
         "advertises a wildcard address, which no peer can send to"},
    };
    for (const Malformed& c : cases) {
        const auto listen = parse_listen(c.text);
        ASSERT_FALSE(listen) << c.text;
        EXPECT_EQ(listen.error().why, c.why) << c.text;
    }
}

}  // namespace
}  // namespace reginfo
