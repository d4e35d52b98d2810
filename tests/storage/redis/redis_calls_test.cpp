/// @file
/// What a reply about the cluster must have, before it is believed.

#include "core/storage/redis/redis_calls.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace reginfo::test {
namespace {

using Kind = RedisReply::Kind;

RedisReply map_of(std::vector<std::pair<std::string, RedisReply>> entries) {
    RedisReply map{Kind::list};
    for (auto& [name, item] : entries) {
        map.items.push_back({Kind::text, name});
        map.items.push_back(std::move(item));
    }
    return map;
}

RedisReply reply_with_seed(const std::string& seed) {
    const RedisReply number{Kind::number, {}, 7};
    const RedisReply meta =
        map_of({{"cluster", {Kind::text, "c"}}, {"hash_seed", {Kind::text, seed}}});
    return map_of(
        {{"turn", number}, {"view", number}, {"now", number}, {"stamp", number}, {"meta", meta}}
    );
}

TEST(RedisCalls, TheHashSeedOfAClusterIsSixteenHexadecimalDigits) {
    ClusterSeen seen;
    EXPECT_TRUE(read_seen(reply_with_seed("00000000000000ff"), seen));
    EXPECT_EQ(seen.hash_seed, 0xffU);
    EXPECT_EQ(seen.id, "c");
}

TEST(RedisCalls, AClusterWithAnyOtherHashSeedIsNotTaken) {
    for (const char* seed :
         {"", "ff", "00000000000000fg", "00000000000000ff0", "0x000000000000ff"}) {
        ClusterSeen seen;
        EXPECT_FALSE(read_seen(reply_with_seed(seed), seen)) << seed;
        EXPECT_EQ(seen.hash_seed, 0U);
    }
}

}  // namespace
}  // namespace reginfo::test
