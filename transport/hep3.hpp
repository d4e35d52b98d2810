/// @file
/// A HEP3 packet: the fields before the bytes of a captured message.
#pragma once

#include "core/base/address.hpp"
#include "core/outbox.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace reginfo {

/// A packet of HEP3 (EEP) is "HEP3", its length, and chunks: vendor, type and length in 16 bits
/// each, then the value; numbers in network byte order. All of ours are of vendor 0, and the
/// payload's is the last.
struct HepPacket {
    Transport transport = Transport::udp;
    Endpoint from;
    Endpoint to;
    std::chrono::microseconds since_epoch{0};
    std::uint32_t capture_id = 0;
    std::string_view password;  ///< empty: none
    std::size_t payload_bytes = 0;
};

/// The largest that a datagram can hold.
inline constexpr std::size_t kHepBytesMax = 65'507;

/// Writes all of the packet but its payload. Returns false if the whole would be too large.
bool write_hep_head(const HepPacket& packet, std::string& out);

}  // namespace reginfo
