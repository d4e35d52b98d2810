/// @file
/// Who has the shards, and who lives, as far as Redis has said.
#pragma once

#include "core/cluster/node_id.hpp"
#include "core/storage/redis/commit_group.hpp"
#include "core/storage/redis/redis_reply.hpp"

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace reginfo {

/// So a node that stands by claims when there is something to get, and not with each beat.
class ShardMap {
public:
    /// @param incarnation  of this process
    explicit ShardMap(std::string incarnation) : incarnation_(std::move(incarnation)) {}

    /// A reply to a join or a beat. Most beats have no map, as it has not changed, but all say
    /// whose lease is over. Returns whether it has a map.
    bool learn(const RedisReply& reply);

    /// Whether one of the shards may be claimed: nobody has it, or this process, or who has it is
    /// a member no longer, or its lease is over.
    bool has_free(const std::vector<ShardId>& shards) const;

    /// A process that has one of the shards; empty if there is none.
    NodeId owner(const std::vector<ShardId>& shards) const;

    /// The processes whose lease is not over.
    std::vector<NodeId> living() const;

private:
    bool is_free(const std::string& token) const;

    std::string incarnation_;
    ShardTokens owners_;
    std::map<std::string, std::string> members_;  ///< name -> its newest incarnation
    std::set<std::string> gone_;                  ///< names of members whose lease is over
};

}  // namespace reginfo
