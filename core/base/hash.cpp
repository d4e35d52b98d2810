/// @file
/// SipHash-1-3-128 (Aumasson and Bernstein, "SipHash: a fast short-input PRF").
#include "core/base/hash.hpp"

#include <bit>
#include <cassert>
#include <cstring>

namespace reginfo {

namespace {

// Different from each other and from the 0xEE and 0xDD of the algorithm in the same word.
constexpr std::uint64_t kPieceMark = 0xA5;
constexpr std::uint64_t kNumberMark = 0x5A;

std::uint64_t little_endian(std::uint64_t word) {
    return std::endian::native == std::endian::little ? word : __builtin_bswap64(word);
}

std::uint64_t big_endian(std::uint64_t word) {
    return std::endian::native == std::endian::big ? word : __builtin_bswap64(word);
}

inline void sip_round(std::array<std::uint64_t, 4>& v) {
    v[0] += v[1];
    v[2] += v[3];
    v[1] = std::rotl(v[1], 13) ^ v[0];
    v[3] = std::rotl(v[3], 16) ^ v[2];
    v[0] = std::rotl(v[0], 32) + v[3];
    v[2] += v[1];
    v[3] = std::rotl(v[3], 21) ^ v[0];
    v[1] = std::rotl(v[1], 17) ^ v[2];
    v[2] = std::rotl(v[2], 32);
}

std::uint64_t finalize(std::array<std::uint64_t, 4>& v) {
    for (int i = 0; i < 3; ++i) sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

inline void take(std::array<std::uint64_t, 4>& v, std::uint64_t word) {
    v[3] ^= word;
    sip_round(v);
    v[0] ^= word;
}

}  // namespace

std::uint64_t siphash_2_4(std::uint64_t key0, std::uint64_t key1, std::uint64_t number) {
    std::array<std::uint64_t, 4> v{
        key0 ^ 0x736F'6D65'7073'6575,
        key1 ^ 0x646F'7261'6E64'6F6D,
        key0 ^ 0x6C79'6765'6E65'7261,
        key1 ^ 0x7465'6462'7974'6573,
    };
    for (const std::uint64_t word : {number, std::uint64_t{8} << 56U}) {
        v[3] ^= word;
        sip_round(v);
        sip_round(v);
        v[0] ^= word;
    }
    v[2] ^= 0xFF;
    for (int i = 0; i < 4; ++i) sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

Hasher::Hasher(std::uint64_t key0, std::uint64_t key1)
    : v_{
          key0 ^ 0x736F'6D65'7073'6575,
          key1 ^ 0x646F'7261'6E64'6F6D ^ 0xEE,
          key0 ^ 0x6C79'6765'6E65'7261,
          key1 ^ 0x7465'6462'7974'6573,
      } {}

Hasher& Hasher::add(std::string_view piece) {
    if (pieces_++ > 0) v_[1] ^= kPieceMark;
    const std::uint64_t length = piece.size();
    auto v = v_;  // in registers
    while (piece.size() >= 8) {
        std::uint64_t value = 0;
        std::memcpy(&value, piece.data(), 8);
        take(v, little_endian(value));
        piece.remove_prefix(8);
    }
    std::uint64_t last = 0;
    if (!piece.empty()) std::memcpy(&last, piece.data(), piece.size());
    take(v, little_endian(last) | length << 56);
    v_ = v;
    return *this;
}

Hasher& Hasher::add(std::uint64_t number) {
    ++pieces_;
    v_[1] ^= kNumberMark;
    take(v_, number);
    return *this;
}

Hash128 Hasher::finish() {
    Hash128 hash;
    if (pieces_ == 0) take(v_, 0);
    v_[2] ^= 0xEE;
    hash.low = finalize(v_);
    v_[1] ^= 0xDD;
    hash.high = finalize(v_);
    return hash;
}

void append_hex(std::string& out, std::uint64_t number, int digits) {
    assert(digits >= 0 && digits <= 16);
    out += std::string_view(HexText(number)).substr(16 - static_cast<std::size_t>(digits));
}

// All digits at once: one nibble in each byte. Adding 6 carries into the fifth bit for a letter.
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

}  // namespace reginfo
