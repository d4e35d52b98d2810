/// @file
/// Calls of the functions that load records into a cluster that is down (reginfod1.lua).
#pragma once

#include "core/base/time.hpp"
#include "core/outbox.hpp"
#include "core/storage/redis/commit_group.hpp"
#include "core/storage/redis/redis_options.hpp"
#include "core/storage/redis/redis_session.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace reginfo {

/// @param cluster_id, hash_seed  of the cluster that is made
RedisWords begin_load_call(
    const RedisOptions& options,
    const std::string& cluster_id,
    std::uint64_t hash_seed
);
RedisWords end_load_call(const RedisOptions& options, const std::string& cluster_id);
RedisWords abandon_load_call(const RedisOptions& options, const std::string& cluster_id);

/// Members, owners and what the cluster is made of.
RedisWords look_call(const RedisOptions& options);

/// Records of one shard, as many as Redis writes within one to two milliseconds.
class LoadCall {
public:
    LoadCall(const RedisOptions& options, const std::string& cluster_id, ShardId shard);

    /// @param age  how long ago it was written
    /// @pre it has a value
    void add(const Write& write, Duration age);

    bool empty() const { return records_ == 0; }
    bool is_full() const;
    const RedisWords& words() const { return words_; }

private:
    void begin_record(Duration age);

    RedisWords words_;
    std::size_t records_ = 0;
    std::size_t bytes_ = 0;
};

}  // namespace reginfo
