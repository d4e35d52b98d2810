#include "transport/hep3.hpp"

#include <concepts>

namespace reginfo {
namespace {

constexpr std::size_t kHeadBytes = 6;   ///< "HEP3" and the length
constexpr std::size_t kChunkBytes = 6;  ///< vendor, type and length
constexpr std::uint8_t kSip = 1;

enum class Chunk : std::uint16_t {
    family = 1,
    protocol = 2,
    ipv4_source = 3,
    ipv4_destination = 4,
    ipv6_source = 5,
    ipv6_destination = 6,
    source_port = 7,
    destination_port = 8,
    seconds = 9,
    microseconds = 10,
    payload_type = 11,
    capture_id = 12,
    password = 14,
    payload = 15,
};

template <std::unsigned_integral Number>
void append(std::string& out, Number number) {
    for (std::size_t i = sizeof number; i > 0; --i) {
        out.push_back(static_cast<char>((std::uint64_t{number} >> (8 * (i - 1))) & 0xffU));
    }
}

void begin_chunk(std::string& out, Chunk type, std::size_t bytes) {
    append(out, std::uint16_t{0});
    append(out, static_cast<std::uint16_t>(type));
    append(out, static_cast<std::uint16_t>(kChunkBytes + bytes));
}

template <std::unsigned_integral Number>
void append_chunk(std::string& out, Chunk type, Number number) {
    begin_chunk(out, type, sizeof number);
    append(out, number);
}

void append_chunk(std::string& out, Chunk type, std::string_view bytes) {
    begin_chunk(out, type, bytes.size());
    out.append(bytes);
}

/// The bytes of an address in its own family.
std::string bytes_of(const IpAddress& address) {
    const auto& all = address.bytes();
    const std::size_t begin = address.is_v4() ? 12 : 0;
    std::string bytes;
    for (std::size_t i = begin; i < all.size(); ++i) bytes.push_back(static_cast<char>(all[i]));
    return bytes;
}

void append_addresses(std::string& out, const HepPacket& packet) {
    constexpr std::uint8_t inet = 2;
    constexpr std::uint8_t inet6 = 10;
    constexpr std::uint8_t tcp = 6;
    constexpr std::uint8_t udp = 17;
    const bool v4 = packet.from.address.is_v4();
    append_chunk(out, Chunk::family, v4 ? inet : inet6);
    append_chunk(out, Chunk::protocol, packet.transport == Transport::udp ? udp : tcp);
    append_chunk(out, v4 ? Chunk::ipv4_source : Chunk::ipv6_source, bytes_of(packet.from.address));
    append_chunk(
        out, v4 ? Chunk::ipv4_destination : Chunk::ipv6_destination, bytes_of(packet.to.address)
    );
    append_chunk(out, Chunk::source_port, packet.from.port);
    append_chunk(out, Chunk::destination_port, packet.to.port);
}

}  // namespace

bool write_hep_head(const HepPacket& packet, std::string& out) {
    out.assign("HEP3\0\0", kHeadBytes);
    append_addresses(out, packet);
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(packet.since_epoch);
    const auto rest = packet.since_epoch - seconds;
    append_chunk(out, Chunk::seconds, static_cast<std::uint32_t>(seconds.count()));
    append_chunk(out, Chunk::microseconds, static_cast<std::uint32_t>(rest.count()));
    append_chunk(out, Chunk::payload_type, kSip);
    append_chunk(out, Chunk::capture_id, packet.capture_id);
    if (!packet.password.empty()) append_chunk(out, Chunk::password, packet.password);
    const std::size_t whole = out.size() + kChunkBytes + packet.payload_bytes;
    if (whole > kHepBytesMax) return false;
    begin_chunk(out, Chunk::payload, packet.payload_bytes);
    out[4] = static_cast<char>(whole >> 8U);
    out[5] = static_cast<char>(whole & 0xffU);
    return true;
}

}  // namespace reginfo
