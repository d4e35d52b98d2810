/// @file
/// Commits that go to Redis in one call.
#pragma once

#include "core/base/time.hpp"
#include "core/outbox.hpp"
#include "core/storage/redis/redis_options.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace reginfo {

using ShardId = Shard;

constexpr std::size_t kShards = 256;

/// The tokens under which this process writes; empty for a shard that it does not own.
using ShardTokens = std::array<std::string, kShards>;

struct PendingCommit {
    Commit commit;
    TimePoint arrived;         ///< when its records were made
    bool is_rewrite = false;   ///< made by the store itself: nobody is answered
    bool is_doubtful = false;  ///< it was sent, so it may be in Redis
};

std::size_t bytes_of(const Commit& commit);

/// One call at a time is under way; a single thread executes it in one to two milliseconds.
struct CommitGroup {
    static constexpr std::size_t kCommitsMax = 128;
    static constexpr std::size_t kBytesMax = std::size_t{256} << 10U;  ///< a larger commit is alone

    std::uint64_t seq = 0;
    std::vector<PendingCommit> commits;

    bool empty() const { return commits.empty(); }

    /// Takes commits from the front of the queue, as many as go into one call.
    static CommitGroup take(std::uint64_t seq, std::deque<PendingCommit>& queue);

    /// The call of the function. Shards without a token are left out: their commits are fenced.
    /// Empty if there is no other.
    std::string command(
        const RedisOptions& options,
        std::string_view cluster_id,
        const ShardTokens& tokens,
        TimePoint now
    ) const;
};

/// The first group under new tokens: it proves that they are in force, and removes hand-offs.
std::string opening_command(
    const RedisOptions& options,
    std::string_view cluster_id,
    std::uint64_t seq,
    const ShardTokens& tokens
);

/// The name of a bucket in keys and writes of the library: a, d, t or u.
char letter_of(Bucket bucket);

}  // namespace reginfo
