/// @file
/// Copies of messages for Homer: the content of a packet, and that a collector delays nothing.

#include "tests/transport/kernel_faults.hpp"
#include "tests/transport/test_server.hpp"
#include "transport/hep3.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reginfo::test {
namespace {

using namespace std::chrono_literals;

std::uint64_t number(std::string_view bytes) {
    std::uint64_t value = 0;
    for (const char c : bytes) value = value << 8U | static_cast<unsigned char>(c);
    return value;
}

/// Chunks by their type; nothing if the packet is not whole, or one chunk is not of vendor 0.
std::optional<std::map<std::uint64_t, std::string>> chunks_of(std::string_view packet) {
    if (!packet.starts_with("HEP3") || number(packet.substr(4, 2)) != packet.size()) return {};
    std::map<std::uint64_t, std::string> chunks;
    packet.remove_prefix(6);
    while (!packet.empty()) {
        if (packet.size() < 6 || number(packet.substr(0, 2)) != 0) return {};
        const std::uint64_t length = number(packet.substr(4, 2));
        if (length < 6 || length > packet.size()) return {};
        chunks[number(packet.substr(2, 2))] = packet.substr(6, length - 6);
        packet.remove_prefix(length);
    }
    return chunks;
}

Endpoint at(const char* address, std::uint16_t port) { return {*IpAddress::parse(address), port}; }

TEST(Hep3, APacketHasSourceDestinationPayloadAndTime) {
    HepPacket packet;
    packet.from = at("192.0.2.1", 5060);
    packet.to = at("198.51.100.2", 5070);
    packet.since_epoch = 1'764'000'000s + 123'456us;
    packet.capture_id = 77;
    packet.password = "secret";
    packet.payload_bytes = 5;
    std::string bytes;

    ASSERT_TRUE(write_hep_head(packet, bytes));
    const auto chunks = chunks_of(bytes + "bytes");

    ASSERT_TRUE(chunks);
    EXPECT_EQ(number(chunks->at(1)), 2U) << "AF_INET";
    EXPECT_EQ(number(chunks->at(2)), 17U) << "UDP";
    EXPECT_EQ(chunks->at(3), std::string("\xc0\x00\x02\x01", 4));
    EXPECT_EQ(chunks->at(4), std::string("\xc6\x33\x64\x02", 4));
    EXPECT_EQ(number(chunks->at(7)), 5060U);
    EXPECT_EQ(number(chunks->at(8)), 5070U);
    EXPECT_EQ(number(chunks->at(9)), 1'764'000'000U);
    EXPECT_EQ(number(chunks->at(10)), 123'456U);
    EXPECT_EQ(number(chunks->at(11)), 1U) << "SIP";
    EXPECT_EQ(number(chunks->at(12)), 77U);
    EXPECT_EQ(chunks->at(14), "secret");
    EXPECT_EQ(chunks->at(15), "bytes");
}

TEST(Hep3, APacketMarksIpv6AndTcp) {
    HepPacket packet;
    packet.transport = Transport::tcp;
    packet.from = at("2001:db8::1", 5060);
    packet.to = at("2001:db8::2", 5070);
    std::string bytes;

    ASSERT_TRUE(write_hep_head(packet, bytes));
    const auto chunks = chunks_of(bytes);

    ASSERT_TRUE(chunks);
    EXPECT_EQ(number(chunks->at(1)), 10U) << "AF_INET6";
    EXPECT_EQ(number(chunks->at(2)), 6U) << "TCP";
    EXPECT_EQ(chunks->at(5).size(), 16U);
    EXPECT_EQ(chunks->at(6).back(), '\x02');
    EXPECT_FALSE(chunks->contains(3));
    EXPECT_FALSE(chunks->contains(14)) << "no password";
}

TEST(Hep3, WhatNoDatagramHoldsIsNotWritten) {
    HepPacket packet;
    std::string bytes;
    write_hep_head(packet, bytes);
    packet.payload_bytes = kHepBytesMax - bytes.size();
    EXPECT_TRUE(write_hep_head(packet, bytes));
    ++packet.payload_bytes;
    EXPECT_FALSE(write_hep_head(packet, bytes));
}

class HepExport : public ::testing::Test {
protected:
    HepExport() : collector(io, {boost::asio::ip::address_v4::loopback(), 0}) {
        collector.non_blocking(true);
        options.server = to_core(collector.local_endpoint());
    }

    /// The next packet, as soon as it has come.
    std::string receive() {
        const auto give_up = std::chrono::steady_clock::now() + 20s;
        std::string packet;
        while (packet.empty() && std::chrono::steady_clock::now() < give_up) packet = poll();
        return packet;
    }

    std::string poll() {
        std::string bytes(65'536, '\0');
        boost::system::error_code error;
        bytes.resize(collector.receive(boost::asio::buffer(bytes), 0, error));
        return error ? std::string() : bytes;
    }

    boost::asio::io_context io;
    boost::asio::ip::udp::socket collector;
    HepOptions options;
    TransportStats stats;
    Flow flow{Transport::udp, 0, at("192.0.2.9", 5090)};
};

TEST_F(HepExport, WhatComesAndWhatLeavesIsCopiedWhole) {
    HepExporter exporter(io, options, {at("192.0.2.1", 5060)}, stats);

    exporter.received(flow, "OPTIONS");
    exporter.sent(flow, "SIP/2.0 200 OK", "tail");

    const auto in = chunks_of(receive());
    const auto out = chunks_of(receive());
    ASSERT_TRUE(in && out);
    EXPECT_EQ(in->at(15), "OPTIONS");
    EXPECT_EQ(number(in->at(7)), 5090U);
    EXPECT_EQ(number(in->at(8)), 5060U);
    EXPECT_EQ(out->at(15), "SIP/2.0 200 OKtail");
    EXPECT_EQ(number(out->at(7)), 5060U);
    EXPECT_EQ(number(out->at(8)), 5090U);
    EXPECT_EQ(number(in->at(12)), 2'001U);
    EXPECT_EQ(stats.hep_sent, 2U);
}

TEST_F(HepExport, AWildcardIsSentAsTheAddressThatReachesTheCollector) {
    HepExporter exporter(io, options, {at("0.0.0.0", 5060)}, stats);

    exporter.received(flow, "OPTIONS");

    const auto in = chunks_of(receive());
    ASSERT_TRUE(in);
    EXPECT_EQ(in->at(4), std::string("\x7f\x00\x00\x01", 4));
}

TEST_F(HepExport, AnAddressThatIsNoHostsIsAnError) {
    options.server = at("255.255.255.255", 9060);

    EXPECT_THROW(HepExporter(io, options, {}, stats), boost::system::system_error);
}

TEST_F(HepExport, WithoutANetworkAllIsDroppedUntilThereIsOne) {
    std::optional<HepExporter> exporter;
    {
        const NoNetwork none;
        exporter.emplace(io, options, std::vector{at("0.0.0.0", 5060)}, stats);
        exporter->received(flow, "OPTIONS");
        EXPECT_EQ(stats.hep_dropped, 1U);
    }

    exporter->received(flow, "OPTIONS");

    const auto in = chunks_of(receive());
    ASSERT_TRUE(in);
    EXPECT_EQ(in->at(4), std::string("\x7f\x00\x00\x01", 4)) << "the wildcard is known by now";
    EXPECT_EQ(stats.hep_sent, 1U);
}

TEST_F(HepExport, WhatTheKernelDoesNotTakeIsDroppedAndCounted) {
    HepExporter exporter(io, options, {at("192.0.2.1", 5060)}, stats);
    collector.close();

    exporter.received(flow, std::string(65'507, 'x'));
    EXPECT_EQ(stats.hep_dropped, 1U) << "too large";
    const auto give_up = std::chrono::steady_clock::now() + 20s;
    while (stats.hep_dropped < 2 && std::chrono::steady_clock::now() < give_up) {
        exporter.received(flow, "nobody is there: that comes back with a later one");
    }
    EXPECT_GE(stats.hep_dropped, 2U);
}

TEST_F(HepExport, TheDriverShowsItEachMessage) {
    TransportOptions with_hep;
    with_hep.hep = options;
    TestServer server({listener(Transport::udp)}, with_hep);
    UdpPeer peer;
    peer.send(server.bound(0), message("1"));

    std::string copy;
    server.run_until([&] { return !(copy = poll()).empty(); });

    const auto chunks = chunks_of(copy);
    ASSERT_TRUE(chunks);
    EXPECT_EQ(chunks->at(15), message("1"));
    EXPECT_EQ(number(chunks->at(8)), server.bound(0).port);
}

}  // namespace
}  // namespace reginfo::test
