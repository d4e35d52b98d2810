/// @file
/// A sum over bytes that detects damage. It is no defence against forgery.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace reginfo {

/// Each step is a bijection of the word and of the sum so far. So a change within one word is
/// always detected, and any other change except one in 2^64.
class Checksum {
public:
    Checksum& add(std::uint64_t word) {
        sum_ = std::rotl((sum_ ^ word) * 0x9E37'79B9'7F4A'7C15, 29);
        return *this;
    }
    Checksum& add(std::string_view bytes) {
        add(bytes.size());
        while (bytes.size() >= sizeof(std::uint64_t)) {
            add(word_of(bytes.substr(0, sizeof(std::uint64_t))));
            bytes.remove_prefix(sizeof(std::uint64_t));
        }
        return bytes.empty() ? *this : add(word_of(bytes));
    }
    /// The sum as a number of SQLite.
    std::int64_t finish() const { return std::bit_cast<std::int64_t>(sum_ ^ sum_ >> 32U); }

private:
    /// The same on every machine.
    static std::uint64_t word_of(std::string_view bytes) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes.data(), bytes.size());
        return std::endian::native == std::endian::little ? word : __builtin_bswap64(word);
    }

    std::uint64_t sum_ = 0x6A09'E667'F3BC'C908;
};

}  // namespace reginfo
