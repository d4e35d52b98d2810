/// @file

#include "core/storage/redis/shard_claims.hpp"

#include "core/storage/redis/redis_calls.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace reginfo {

std::string name_of(ShardId shard) { return "shard " + std::to_string(shard); }

void ShardClaims::start() {
    for (std::size_t shard = 0; shard < kShards; ++shard) {
        if (!tokens_[shard].empty()) former_[shard] = std::exchange(tokens_[shard], {});
    }
}

std::vector<ShardId> ShardClaims::all() {
    std::vector<ShardId> shards(kShards);
    std::iota(shards.begin(), shards.end(), ShardId{0});
    return shards;
}

std::vector<ShardId> ShardClaims::missing() const {
    std::vector<ShardId> shards;
    for (std::size_t shard = 0; shard < kShards; ++shard) {
        if (tokens_[shard].empty()) shards.push_back(static_cast<ShardId>(shard));
    }
    return shards;
}

ShardClaims::Outcome ShardClaims::take(const RedisReply& reply) {
    Outcome outcome;
    if (reply.kind != RedisReply::Kind::list) return {.error = reply.text};
    for (const RedisReply& item : reply.items) {
        const auto shard = item.items.size() == 3 ? shard_of(item.items[0]) : std::nullopt;
        if (!shard) return {.error = "a claim has an unknown reply"};
        const std::string& before = item.items[2].text;
        const std::string& former = former_[*shard];
        if (!former.empty() && before != former) outcome.taken = name_of(*shard);
        tokens_[*shard] = item.items[1].text;
        if (!tokens_[*shard].empty()) continue;
        outcome.owner = owner_in(before);
    }
    return outcome;
}

std::optional<ShardId> ShardClaims::find_other(const RedisReply& reply) const {
    const RedisReply* own = reply.find("own");
    if (own == nullptr) return {};
    ShardTokens found;
    for (std::size_t i = 0; i + 1 < own->items.size(); i += 2) {
        if (const auto shard = shard_of(own->items[i])) found[*shard] = own->items[i + 1].text;
    }
    const auto other = std::ranges::mismatch(tokens_, found).in1;
    if (other == tokens_.end()) return {};
    return static_cast<ShardId>(other - tokens_.begin());
}

}  // namespace reginfo
