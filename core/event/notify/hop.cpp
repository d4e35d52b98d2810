/// @file

#include "core/event/notify/hop.hpp"

#include <array>
#include <cstring>

namespace reginfo {
namespace {

__extension__ using Wide = unsigned __int128;

/// Both halves of the product in one: each bit of the result depends on all of the factors.
std::uint64_t fold(std::uint64_t a, std::uint64_t b) {
    const Wide product = Wide{a} * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

}  // namespace

std::size_t HopHash::operator()(const Flow& hop) const {
    std::array<std::uint64_t, 2> address{};
    std::memcpy(address.data(), hop.peer.address.bytes().data(), sizeof address);
    const std::uint64_t rest =
        std::uint64_t{hop.peer.port} << 8U | static_cast<std::uint64_t>(hop.transport);
    const std::uint64_t first = fold(address[0] ^ key, address[1] ^ 0x9e3779b97f4a7c15U);
    return fold(first ^ rest ^ key, hop.connection ^ key ^ 0xd6e8feb86659fd93U);
}

}  // namespace reginfo
