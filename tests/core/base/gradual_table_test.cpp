/// @file

#include "core/base/gradual_table.hpp"

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <unordered_map>

namespace reginfo {
namespace {

/// Hashes, and counts how often: each element that is moved is hashed once.
struct CountingHash {
    std::size_t* count;
    std::size_t operator()(std::uint64_t key) const {
        ++*count;
        return static_cast<std::size_t>(key * 0x9E37'79B9'7F4A'7C15U);
    }
};

TEST(GradualTable, HoldsWhatAnOrdinaryTableHoldsThroughGrowthAndShrinking) {
    GradualTable<boost::unordered_flat_map<std::uint64_t, std::unique_ptr<int>>> table;
    std::unordered_map<std::uint64_t, int> wanted;
    std::mt19937_64 chance(7);
    for (int step = 0; step < 60'000; ++step) {
        const std::uint64_t key = chance() % 20'000;
        const bool grows = step % 20'000 < 12'000;
        if (grows && !wanted.contains(key)) {
            table.emplace(key, std::make_unique<int>(step));
            wanted.emplace(key, step);
        } else {
            EXPECT_EQ(table.erase(key), wanted.erase(key) > 0);
        }
        if (step % 100 == 0) table.shrink();
        ASSERT_EQ(table.size(), wanted.size());
        const std::uint64_t other = chance() % 20'000;
        const auto* const found = table.find(other);
        ASSERT_EQ(found != nullptr, wanted.contains(other));
        if (found) {
            ASSERT_EQ(*found->second, wanted.at(other));
        }
    }
    std::size_t visited = 0;
    table.for_each([&](const auto& entry) {
        ++visited;
        EXPECT_EQ(wanted.at(entry.first), *entry.second);
    });
    EXPECT_EQ(visited, wanted.size());
}

TEST(GradualTable, NoChangeMovesMoreThanAFew) {
    std::size_t hashed = 0;
    GradualTable<boost::unordered_flat_set<std::uint64_t, CountingHash>> table(CountingHash{&hashed}
    );
    const auto counts = [&](auto change) {
        hashed = 0;
        change();
        return hashed;
    };
    for (std::uint64_t key = 0; key < 100'000; ++key) {
        ASSERT_LE(counts([&] { table.emplace(key); }), 10U) << key;
    }
    for (std::uint64_t key = 0; key < 99'000; ++key) {
        ASSERT_LE(counts([&] { table.erase(key); }), 10U) << key;
        ASSERT_EQ(counts([&] { table.shrink(); }), 0U) << key;
    }
}

TEST(GradualTable, GivesMemoryBackAfterARush) {
    GradualTable<boost::unordered_flat_set<std::uint64_t>> table;
    for (std::uint64_t key = 0; key < 100'000; ++key) table.emplace(key);
    const std::size_t most = table.bytes();
    for (std::uint64_t key = 0; key < 100'000; ++key) {
        table.erase(key);
        table.shrink();
    }
    EXPECT_EQ(table.size(), 0U);
    EXPECT_LT(table.bytes(), most / 20);
}

}  // namespace
}  // namespace reginfo
