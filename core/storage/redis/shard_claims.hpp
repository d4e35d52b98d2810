/// @file
/// The shards that this process owns, and under which tokens.
#pragma once

#include "core/cluster/node_id.hpp"
#include "core/storage/redis/commit_group.hpp"
#include "core/storage/redis/redis_reply.hpp"

#include <optional>
#include <string>
#include <vector>

namespace reginfo {

class ShardClaims {
public:
    static std::vector<ShardId> all();

    const ShardTokens& tokens() const { return tokens_; }

    /// All shards are to be claimed, again if this process has them.
    void start();

    /// What is still to be claimed.
    std::vector<ShardId> missing() const;

    struct Outcome {
        std::string error = {};  ///< the reply is none
        NodeId owner = {};       ///< who has some that we want; empty if all are ours
        /// One that somebody else has had since the claim before, for people.
        std::string taken = {};
    };
    /// The reply to a claim of what is missing.
    Outcome take(const RedisReply& reply);

    /// A shard that belongs to somebody else, in a reply with the map; nothing if there is none, or
    /// no map.
    std::optional<ShardId> find_other(const RedisReply& reply) const;

private:
    ShardTokens tokens_;
    ShardTokens former_;  ///< the last that this process has had
};

/// For people.
std::string name_of(ShardId shard);

}  // namespace reginfo
