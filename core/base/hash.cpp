/// @file
/// SipHash-1-3-128 (Aumasson and Bernstein, "SipHash: a fast short-input PRF").
#include "core/base/hash.hpp"

#include <bit>
#include <cstring>

namespace reginfo {

namespace {

// Different from each other and from the 0xEE and 0xDD of the algorithm in the same word.
constexpr std::uint64_t kPieceMark = 0xA5;
constexpr std::uint64_t kNumberMark = 0x5A;

std::uint64_t little_endian(std::uint64_t word) {
    return std::endian::native == std::endian::little ? word : __builtin_bswap64(word);
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

std::uint64_t word_at(const char* bytes) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes, sizeof word);
    return little_endian(word);
}

/// The last bytes that make no whole word, as the low bytes of one.
std::uint64_t remainder_of(std::string_view piece) {
    const std::size_t size = piece.size() % 8;
    if (size == 0) return 0;
    // Without a loop: a word that ends with the piece, less what was taken.
    if (piece.size() > 8) return word_at(piece.data() + piece.size() - 8) >> (64 - 8 * size);
    std::uint64_t word = 0;
    std::memcpy(&word, piece.data(), size);
    return little_endian(word);
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
    auto v = v_;  // in registers
    for (std::size_t at = 0; at + 8 <= piece.size(); at += 8) take(v, word_at(piece.data() + at));
    take(v, remainder_of(piece) | std::uint64_t{piece.size()} << 56U);
    v_ = v;
    return *this;
}

Hasher& Hasher::add(std::uint64_t number) {
    ++pieces_;
    v_[1] ^= kNumberMark;
    take(v_, number);
    return *this;
}

std::uint64_t Hasher::finish_low() {
    if (pieces_ == 0) take(v_, 0);
    v_[2] ^= 0xEE;
    return finalize(v_);
}

Hash128 Hasher::finish() {
    Hash128 hash;
    hash.low = finish_low();
    v_[1] ^= 0xDD;
    hash.high = finalize(v_);
    return hash;
}

}  // namespace reginfo
