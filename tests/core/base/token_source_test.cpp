/// @file
/// Tokens that peers are shown (RFC 3261 §19.3).

#include "core/base/token_source.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <set>

namespace reginfo {
namespace {

constexpr int kMany = 10'000;

TEST(TokenSource, TheSameSeedGivesTheSameTokens) {
    TokenSource one({1, 2});
    TokenSource other({1, 2});
    for (int i = 0; i < 100; ++i) EXPECT_EQ(one.next(), other.next());
}

TEST(TokenSource, EachHalfOfTheSeedCounts) {
    const std::uint64_t token = TokenSource({1, 2}).next();
    EXPECT_NE(TokenSource({3, 2}).next(), token);
    EXPECT_NE(TokenSource({1, 3}).next(), token);
}

// A generator whose state can be computed from what it has given would fail this: SplitMix64, for
// one, whose state is a counter and whose output is a bijection of it.
TEST(TokenSource, OneTokenDoesNotRevealTheNext) {
    constexpr auto splitmix_state = [](std::uint64_t x) {
        const auto undo = [](std::uint64_t value, unsigned shift) {
            std::uint64_t result = value;
            for (int i = 0; i < 3; ++i) result = value ^ (result >> shift);
            return result;
        };
        x = undo(x, 31) * 0x319642b2d24d8ec3U;
        x = undo(x, 27) * 0x96de1b173f119089U;
        return undo(x, 30);
    };
    TokenSource tokens({1, 2});
    std::set<std::uint64_t> steps;
    std::uint64_t state = splitmix_state(tokens.next());
    for (int i = 0; i < kMany; ++i) {
        const std::uint64_t next = splitmix_state(tokens.next());
        steps.insert(next - state);
        state = next;
    }
    EXPECT_EQ(steps.size(), std::size_t{kMany}) << "no two steps are alike";

    HashSeeds splitmix(1);
    const std::uint64_t first = splitmix_state(splitmix.next());
    EXPECT_EQ(splitmix_state(splitmix.next()) - first, 0x9e3779b97f4a7c15U)
        << "it would have found one";
}

TEST(TokenSource, EachBitIsSetInHalfOfTheTokens) {
    TokenSource tokens({1, 2});
    int set[64] = {};
    for (int i = 0; i < kMany; ++i) {
        const std::uint64_t token = tokens.next();
        for (unsigned bit = 0; bit < 64; ++bit) set[bit] += static_cast<int>(token >> bit & 1U);
    }
    for (const int count : set) EXPECT_NEAR(count, kMany / 2, 300);
}

TEST(TokenSource, WhatIsDerivedIsNoToken) {
    TokenSource tokens({1, 2});
    const std::uint64_t derived = tokens.derive();
    for (int i = 0; i < kMany; ++i) EXPECT_NE(tokens.next(), derived);
}

}  // namespace
}  // namespace reginfo
