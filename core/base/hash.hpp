/// @file
/// SipHash-1-3 with 128 bits of output: keys of tables that the network fills, and stable ids.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace reginfo {

struct Hash128 {
    std::uint64_t high = 0;
    std::uint64_t low = 0;

    friend auto operator<=>(const Hash128&, const Hash128&) = default;
};

inline std::size_t hash_value(const Hash128& hash) { return static_cast<std::size_t>(hash.low); }

/// Hashes a sequence of pieces: ("ab", "c") and ("a", "bc") have different hashes. The hash of one
/// piece alone is SipHash-1-3-128 of its bytes; `low` is the first eight bytes of that.
class Hasher {
public:
    Hasher(std::uint64_t key0, std::uint64_t key1);

    Hasher& add(std::string_view piece);
    Hasher& add(std::uint64_t number);
    Hash128 finish();
    /// finish().low, for less.
    std::uint64_t finish_low();

private:
    std::array<std::uint64_t, 4> v_;
    std::uint64_t pieces_ = 0;
};

/// SipHash-2-4 of one number (its eight bytes, lowest first): from known results no other result
/// can be guessed.
std::uint64_t siphash_2_4(std::uint64_t key0, std::uint64_t key1, std::uint64_t number);

}  // namespace reginfo
