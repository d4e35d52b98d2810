/// @file
/// Calls of the functions for members and owners, and what their replies hold (reginfod1.lua).
#pragma once

#include "core/cluster/node_id.hpp"
#include "core/storage/redis/commit_group.hpp"
#include "core/storage/redis/redis_options.hpp"
#include "core/storage/redis/redis_session.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace reginfo {

/// What a node has seen of a cluster.
struct ClusterSeen {
    std::string id;  ///< empty before the first join
    std::uint64_t hash_seed = 0;
    std::int64_t turn = 0;
    std::int64_t view = 0;   ///< 0: the next beat has the whole map
    std::int64_t now = 0;    ///< the clock of Redis, in microseconds
    std::int64_t stamp = 0;  ///< that a record would have got then
    TimePoint seen;          ///< when that was asked
};

RedisWords join_call(const RedisOptions& options, const ClusterSeen& seen);
/// What the refusal of a join says, for people.
std::string join_trouble(const RedisReply& reply);
RedisWords beat_call(const RedisOptions& options, const ClusterSeen& seen);
RedisWords claim_call(
    const RedisOptions& options,
    const ClusterSeen& seen,
    const std::vector<ShardId>& shards
);
RedisWords leave_call(const RedisOptions& options, const ClusterSeen& seen);

/// Updates `seen` from the reply to a join or a beat. Returns false if it is not one.
bool read_seen(const RedisReply& reply, ClusterSeen& seen);

/// The process is no member any more.
inline bool is_out(const RedisReply& reply) { return reply.is_error_of({"REPLACED", "FORGOTTEN"}); }

/// This Redis has another cluster, or none, or less of ours than was seen.
inline bool is_of_another(const RedisReply& reply) {
    return reply.is_error_of({"WRONG_CLUSTER", "WRONG_TURN"});
}

/// The number of the `own` map or claim; nothing if it is no shard.
std::optional<ShardId> shard_of(const RedisReply& reply);

/// The process that a token names; its name is empty if the shard was released.
NodeId owner_in(const std::string& token);

}  // namespace reginfo
