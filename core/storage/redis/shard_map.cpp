/// @file

#include "core/storage/redis/shard_map.hpp"

#include "core/storage/redis/redis_calls.hpp"

#include <algorithm>
#include <cstddef>

namespace reginfo {

bool ShardMap::learn(const RedisReply& reply) {
    if (const RedisReply* gone = reply.find("gone")) {
        gone_.clear();
        for (const RedisReply& name : gone->items) gone_.insert(name.text);
    }
    if (const RedisReply* nodes = reply.find("nodes")) {
        members_.clear();
        for (const RedisReply& node : nodes->items) {
            if (node.items.size() > 1) members_[node.items[0].text] = node.items[1].text;
        }
    }
    const RedisReply* own = reply.find("own");
    if (own == nullptr) return false;
    owners_ = {};
    for (std::size_t i = 0; i + 1 < own->items.size(); i += 2) {
        if (const auto shard = shard_of(own->items[i])) owners_[*shard] = own->items[i + 1].text;
    }
    return true;
}

bool ShardMap::has_free(const std::vector<ShardId>& shards) const {
    return std::ranges::any_of(shards, [this](ShardId shard) { return is_free(owners_[shard]); });
}

/// As the library has it, but for the calm: who claims too early is refused, and claims again.
bool ShardMap::is_free(const std::string& token) const {
    const NodeId owner = owner_in(token);
    if (owner.empty() || owner.incarnation == incarnation_) return true;
    const auto member = members_.find(owner.name);
    return gone_.contains(owner.name) || member == members_.end() ||
           member->second != owner.incarnation;
}

NodeId ShardMap::owner(const std::vector<ShardId>& shards) const {
    for (const ShardId shard : shards) {
        if (NodeId owner = owner_in(owners_[shard]); !owner.empty()) return owner;
    }
    return {};
}

std::vector<NodeId> ShardMap::living() const {
    std::vector<NodeId> living;
    for (const auto& [name, incarnation] : members_) {
        if (!gone_.contains(name)) living.push_back({name, incarnation});
    }
    return living;
}

}  // namespace reginfo
