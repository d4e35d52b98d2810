/// @file
/// Shards of addresses-of-record, and numbers that carry them.

#include "core/base/shard.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace reginfo {
namespace {

TEST(Shards, AnAorIsInTheSameShardInAllProcessesWithTheSameSeed) {
    EXPECT_EQ(shard_of(7, "sip:alice@example.org"), shard_of(7, "sip:alice@example.org"));
    EXPECT_EQ(shard_of(7, "sip:alice@example.org"), 0x81) << "and in later versions";
}

TEST(Shards, ManyAorsAreInAllOfThem) {
    std::set<Shard> shards;
    for (int i = 0; i < 5000; ++i) {
        shards.insert(shard_of(7, "sip:" + std::to_string(i) + "@example.org"));
    }
    EXPECT_EQ(shards.size(), 256U);
}

TEST(Shards, ATagBeginsWithItsShard) {
    EXPECT_EQ(in_shard(0x7f, 0x0123456789abcdefU), 0x7f0123456789abcdU);
    EXPECT_EQ(in_shard(0, ~0ULL), 0x00ffffffffffffffU);
}

}  // namespace
}  // namespace reginfo
