/// @file
/// How a node uses a Redis.
#pragma once

#include "core/base/time.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace reginfo {

struct RedisOptions {
    std::string where = "Redis";  ///< its address, for people
    std::string username;         ///< empty for the default user
    std::string password;         ///< empty for none
    int database = 0;
    std::size_t replicas = 0;  ///< that have a group before it is answered
    /// A group is on the disk of the primary too, and of so many replicas (WAITAOF).
    bool fsync = false;
    /// How long a commit is tried before it fails.
    Duration patience = std::chrono::seconds{10};
    /// What was acknowledged so long ago is written again to another Redis.
    Duration replay = std::chrono::seconds{15};
    Duration retry_interval = std::chrono::milliseconds{100};
    Duration retry_interval_max = std::chrono::seconds{2};
    /// Replies take no longer, or the connection is made anew.
    Duration reply_timeout = std::chrono::seconds{5};
    Duration wait_timeout = std::chrono::milliseconds{400};  ///< of one WAIT
    Duration lease = std::chrono::seconds{3};
    Duration beat = std::chrono::milliseconds{500};

    std::string cluster = "rg";  ///< its name, and the prefix of its keys
    std::string node;            ///< the name of this node
    std::string incarnation;     ///< of this process: 16 hexadecimal digits, by chance
    /// That it had before it gave way. It does not replace a newer process of its name then.
    std::vector<std::string> incarnations_before;
    std::string via;      ///< where this node is reached
    std::string version;  ///< of reginfod
    /// That this process has seen before; empty: any, or a new one.
    std::string cluster_id;
    /// For a cluster that is made now: by chance.
    std::string new_cluster_id;
    std::uint64_t new_hash_seed = 0;
    Duration transaction_memory = std::chrono::seconds{32};  ///< older ones are not read
    int record_layout_min = 1;
    int record_layout_max = 1;

    /// Of one WAITAOF, behind which a beat may have to wait: with appendfsync "everysec" the disk
    /// has it within a second.
    Duration fsync_timeout() const {
        return std::max(
            wait_timeout, std::min<Duration>(lease / 2, std::chrono::milliseconds{1500})
        );
    }
};

}  // namespace reginfo
