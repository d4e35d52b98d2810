/// @file
/// Addresses, endpoints and networks: parsing, printing, and containment.

#include "core/base/address.hpp"

#include "core/base/network.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace reginfo {
namespace {

std::string round_trip(std::string_view text) {
    const auto address = IpAddress::parse(text);
    return address ? address->to_string() : "nothing";
}

TEST(IpAddress, IsWrittenAsRfc5952Asks) {
    EXPECT_EQ(round_trip("192.0.2.1"), "192.0.2.1");
    EXPECT_EQ(round_trip("2001:DB8:0:0:0:0:0:1"), "2001:db8::1");
    EXPECT_EQ(round_trip("2001:db8:0:1:1:1:1:1"), "2001:db8:0:1:1:1:1:1");
    EXPECT_EQ(round_trip("2001:0:0:1:0:0:0:1"), "2001:0:0:1::1");
    EXPECT_EQ(round_trip("2001:db8:0:0:1:0:0:1"), "2001:db8::1:0:0:1");
    EXPECT_EQ(round_trip("::"), "::");
    EXPECT_EQ(round_trip("::1"), "::1");
    EXPECT_EQ(round_trip("1::"), "1::");
    EXPECT_EQ(round_trip("[2001:db8::1]"), "2001:db8::1");
    EXPECT_EQ(round_trip("64:ff9b::192.0.2.33"), "64:ff9b::c000:221");
    EXPECT_EQ(round_trip("::1:2"), "::1:2");
    EXPECT_EQ(round_trip("::192.0.2.33"), "::c000:221");
    EXPECT_EQ(round_trip("2001:0DB8:0000:0000:0001:0000:0000:0001"), "2001:db8::1:0:0:1");
    EXPECT_EQ(round_trip("0:0:0:0:0:0:192.0.2.33"), "::c000:221");
    EXPECT_EQ(
        round_trip("1111:2222:3333:4444:5555:6666:123.123.123.123"),
        "1111:2222:3333:4444:5555:6666:7b7b:7b7b"
    );
    EXPECT_EQ(round_trip("1:2:3:4:5:6:7::"), "1:2:3:4:5:6:7:0");
}

TEST(IpAddress, AMappedAddressIsTheIpv4Address) {
    EXPECT_EQ(IpAddress::parse("::ffff:192.0.2.1"), IpAddress::parse("192.0.2.1"));
    EXPECT_EQ(IpAddress::parse("192.0.2.1"), IpAddress::v4(0xC0000201));
    EXPECT_TRUE(IpAddress::parse("::ffff:192.0.2.1")->is_v4());
    EXPECT_FALSE(IpAddress::parse("::1")->is_v4());
}

TEST(IpAddress, NothingElseIsAnAddress) {
    for (const std::string_view text :
         {"",
          "1.2.3",
          "1.2.3.4.5",
          "256.1.1.1",
          "1.2.3.",
          "01.2.3.4",
          "1.2.3.-4",
          "1.2.3.4 ",
          "[1.2.3.4]",
          "[::1",
          "::1]",
          "[]",
          ":",
          ":::",
          "1:2:3:4:5:6:7",
          "1:2:3:4:5:6:7:8:9",
          "1::2::3",
          "12345::",
          "g::",
          "1.2.3.4::",
          "::1.2.3.4:5",
          "1:2:3:4:5:6:7:8::",
          "1:",
          ":1",
          "1:2:3:4:5:6:7:1.2.3.4",
          "00001::",
          "::01.2.3.4",
          "::1.2.3",
          "::1.2.3.256",
          "::1 ",
          "1111:2222:3333:4444:5555:6666:123.123.123.1234",
          "host",
          "::1%eth0"}) {
        EXPECT_EQ(round_trip(text), "nothing") << text;
    }
    EXPECT_EQ(round_trip(std::string_view("::1\0", 4)), "nothing");
    EXPECT_EQ(round_trip(std::string_view("1.2.3.4\0", 8)), "nothing");
}

TEST(IpAddress, TheUnspecifiedOnesAreThoseOfBothFamilies) {
    EXPECT_TRUE(IpAddress{}.is_unspecified());
    EXPECT_TRUE(IpAddress::parse("0.0.0.0")->is_unspecified());
    EXPECT_FALSE(IpAddress::parse("0.0.0.1")->is_unspecified());
}

TEST(Endpoint, PutsIpv6InBrackets) {
    EXPECT_EQ((Endpoint{*IpAddress::parse("192.0.2.1"), 5060}).to_string(), "192.0.2.1:5060");
    EXPECT_EQ((Endpoint{*IpAddress::parse("2001:db8::1"), 1}).to_string(), "[2001:db8::1]:1");
}

TEST(Endpoint, HashesDifferForNeighbours) {
    const IpAddress address = IpAddress::v4(0x7F000001);
    EXPECT_NE(hash_value(Endpoint{address, 1}), hash_value(Endpoint{address, 2}));
    EXPECT_NE(hash_value(address), hash_value(IpAddress::v4(0x7F000002)));
    EXPECT_EQ(hash_value(Endpoint{address, 1}), hash_value(Endpoint{address, 1}));
}

bool contains(std::string_view network, std::string_view address) {
    return Network::parse(network).value().contains(IpAddress::parse(address).value());
}

TEST(Network, ContainsWhatSharesItsPrefix) {
    EXPECT_TRUE(contains("10.0.0.0/8", "10.255.0.1"));
    EXPECT_FALSE(contains("10.0.0.0/8", "11.0.0.1"));
    EXPECT_TRUE(contains("10.1.2.3/9", "10.127.0.1"));
    EXPECT_FALSE(contains("10.1.2.3/9", "10.128.0.1"));
    EXPECT_TRUE(contains("192.0.2.1", "192.0.2.1"));
    EXPECT_FALSE(contains("192.0.2.1", "192.0.2.2"));
    EXPECT_TRUE(contains("fd00::/8", "fdff::1"));
    EXPECT_FALSE(contains("fd00::/8", "fc00::1"));
    EXPECT_TRUE(contains("2001:db8::/33", "2001:db8:7fff::"));
    EXPECT_FALSE(contains("2001:db8::/33", "2001:db8:8000::"));
}

TEST(Network, AllOfOneFamilyHoldsNoneOfTheOther) {
    EXPECT_TRUE(contains("0.0.0.0/0", "203.0.113.9"));
    EXPECT_FALSE(contains("0.0.0.0/0", "2001:db8::1"));
    EXPECT_TRUE(contains("::/0", "2001:db8::1"));
    EXPECT_FALSE(contains("::/0", "203.0.113.9"));
}

TEST(Network, IsWrittenWithoutTheBitsBeyondItsPrefix) {
    EXPECT_EQ(Network::parse("10.1.2.3/8")->to_string(), "10.0.0.0/8");
    EXPECT_EQ(Network::parse("192.0.2.1")->to_string(), "192.0.2.1/32");
    EXPECT_EQ(Network::parse("FD00::1/8")->to_string(), "fd00::/8");
    EXPECT_EQ(Network::parse("10.1.2.3/8"), Network::parse("10.0.0.0/8"));
}

TEST(Network, APrefixOutOfRangeIsRefused) {
    for (const std::string_view text :
         {"10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8x", "/8", "host/8", ""}) {
        EXPECT_FALSE(Network::parse(text)) << text;
    }
}

}  // namespace
}  // namespace reginfo
