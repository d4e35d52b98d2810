/// @file
/// SipHash-1-3-128 against other implementations, and the effect of pieces.

#include "core/base/hash.hpp"

#include <gtest/gtest.h>

#include <string>

namespace reginfo {
namespace {

constexpr std::uint64_t kKey0 = 0x0706050403020100;
constexpr std::uint64_t kKey1 = 0x0F0E0D0C0B0A0908;

Hash128 hash_of(std::string_view piece) { return Hasher(kKey0, kKey1).add(piece).finish(); }

// The vector of the reference implementation for these eight bytes.
TEST(SipHash24, OneNumberHasTheHashOfTheReference) {
    EXPECT_EQ(siphash_2_4(kKey0, kKey1, 0x0706050403020100), 0x93F5F5799A932462U);
}

// Key and inputs are those of the reference implementation (bytes 0, 1, 2, ...); the outputs were
// made with OpenSSL 3 (SIPHASH, c-rounds 1, d-rounds 3, size 16); the first is also that of rustc.
TEST(Hasher, OnePieceHasTheHashOfTheReference) {
    struct Case {
        std::size_t size;
        Hash128 expected;
    };
    const Case cases[] = {
        {0, {0x013030DD6ADB62FD, 0xBEA58827B2BC7EE7}},
        {1, {0x63F02F2BCC73055E, 0xA8EDD36004376FFC}},
        {7, {0x77AB4808C82E2FA6, 0xC3E0AAF223B98410}},
        {8, {0x99C7F935AB164F72, 0xB4DAE3D5E1FE12AA}},
        {15, {0x09017E1EECCD2129, 0x6C52BDB205557EC1}},
        {63, {0xAD6052A70A6B9F07, 0x6F42FE4EE300584C}},
    };
    std::string bytes;
    for (const Case& c : cases) {
        while (bytes.size() < c.size) bytes += static_cast<char>(bytes.size());
        const Hash128 hash = hash_of(bytes);
        EXPECT_EQ(hash.low, c.expected.low) << c.size;
        EXPECT_EQ(hash.high, c.expected.high) << c.size;
    }
}

TEST(Hasher, WhereAPieceEndsCounts) {
    const auto two = [](std::string_view a, std::string_view b) {
        return Hasher(kKey0, kKey1).add(a).add(b).finish();
    };
    EXPECT_NE(two("ab", "c"), two("a", "bc"));
    EXPECT_NE(two("abc", ""), hash_of("abc"));
    EXPECT_NE(two("", "abc"), hash_of("abc"));
    // 248 bytes end in a word that 256 bytes could hold as well, and lengths count by 256.
    const std::string first(248, '\0');
    const std::string whole = first + std::string(7, '\0') + '\xF8';
    EXPECT_NE(two(first, "x"), hash_of(whole + "x"));
}

TEST(Hasher, ANumberIsNoPiece) {
    EXPECT_NE(Hasher(1, 2).add(std::uint64_t{0}).finish(), Hasher(1, 2).add("").finish());
    EXPECT_NE(
        Hasher(1, 2).add("a").add(std::uint64_t{0}).finish(), Hasher(1, 2).add("a").add("").finish()
    );
}

TEST(Hasher, TheKeyCounts) {
    EXPECT_NE(Hasher(1, 2).add("a").finish(), Hasher(1, 3).add("a").finish());
    EXPECT_NE(Hasher(1, 2).add("a").finish(), Hasher(2, 2).add("a").finish());
}

}  // namespace
}  // namespace reginfo
