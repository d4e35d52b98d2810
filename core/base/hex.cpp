/// @file
/// Numbers in hexadecimal digits, as tags, branches, entity-tags and ids are written.
#include "core/base/hex.hpp"

#include <bit>
#include <cassert>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <system_error>

namespace reginfo {
namespace {

constexpr std::size_t kHexLength = 16;

std::uint64_t big_endian(std::uint64_t word) {
    return std::endian::native == std::endian::big ? word : __builtin_bswap64(word);
}

}  // namespace

void append_hex(std::string& out, std::uint64_t number, int digits) {
    assert(digits >= 0 && digits <= 16);
    out += std::string_view(HexText(number)).substr(kHexLength - static_cast<std::size_t>(digits));
}

// All digits at once: a nibble to a byte, and 6 more carry into the fifth bit where it is a letter.
HexText::HexText(std::uint64_t number) {
    const auto spread = [](std::uint64_t half) {
        half = (half | half << 16) & 0x0000'FFFF'0000'FFFF;
        half = (half | half << 8) & 0x00FF'00FF'00FF'00FF;
        half = (half | half << 4) & 0x0F0F'0F0F'0F0F'0F0F;
        constexpr std::uint64_t kOnes = 0x0101'0101'0101'0101;
        const std::uint64_t letters = (half + 6 * kOnes) >> 4 & kOnes;
        return half + kOnes * '0' + letters * ('a' - '0' - 10);
    };
    const std::uint64_t high = big_endian(spread(number >> 32));
    const std::uint64_t low = big_endian(spread(number & 0xFFFF'FFFF));
    std::memcpy(digits_.data(), &high, sizeof high);
    std::memcpy(digits_.data() + sizeof high, &low, sizeof low);
}

std::optional<std::uint64_t> parse_hex(std::string_view text) {
    if (text.size() != kHexLength) return std::nullopt;
    std::uint64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data(), end, number, 16);
    if (error != std::errc{} || at != end) return std::nullopt;
    return number;
}

}  // namespace reginfo
