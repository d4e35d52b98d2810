/// @file
/// Sees each call that changes the keys of a ModelRedis, and holds it against the invariants.
#pragma once

#include "core/base/time.hpp"
#include "core/outbox.hpp"
#include "tests/storage/redis/model_redis.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace reginfo::test {

/// I1: a record changes only in a group that carries the present token of its shard. I2: no token
/// is given twice, and no shard opened twice under one. I8: groups of a process take effect at most
/// once and in order.
///
/// Each commit of a simulation writes a transaction "cN", by which it is recognised here. All
/// records are in shard 0.
class ClusterWitness {
public:
    using Records = std::map<std::pair<Bucket, std::string>, std::string>;

    /// @param redis  must outlive this
    explicit ClusterWitness(ModelRedis& redis);

    /// @throw std::runtime_error  an invariant is broken
    void handle_call(const ModelRedis::Words& words, const ModelKeys::Changes& changes);
    /// The last writes are forgotten.
    void handle_fail_over();
    void set_time(TimePoint now) { now_ = now; }

    /// All records but transactions, without their stamps.
    Records records() const;
    /// Transactions that were written within this time, by the clock of Redis.
    Records transactions(Duration age) const;

    struct Opening {
        Records records;
        Records transactions;
    };
    /// What was stored when the opening commit of a process was executed.
    const Opening* opening(const std::string& incarnation) const;

    /// The number of the write that executed a commit; nothing if it was not, or is forgotten.
    std::optional<std::uint64_t> executed(CommitId id) const;
    /// Whether it ever was, if it is forgotten or not.
    bool was_executed(CommitId id) const { return commits_.contains(id); }
    /// Since when a process has no part in shard 0; nothing if it has, or never had.
    std::optional<TimePoint> replaced(const std::string& incarnation) const;
    /// The process that has shard 0; empty if nobody has.
    std::string owner() const;

private:
    /// A group that was executed.
    struct Group {
        std::uint64_t offset = 0;
        std::uint64_t seq = 0;
    };
    struct Execution {
        std::uint64_t offset = 0;  ///< of the first time
        std::string run_id;        ///< of the Redis that did it last
    };

    void check_records(const ModelRedis::Words& words, const ModelKeys::Changes& changes) const;
    void note_tokens(const ModelKeys::Hash& before);
    void note_group(const ModelRedis::Words& words);
    void note_commit(CommitId id, bool is_rewrite);
    void note_opening(const ModelRedis::Words& words);

    ModelRedis& redis_;
    TimePoint now_;
    std::map<std::string, std::uint64_t> given_;  ///< token -> offset
    std::set<std::string> opened_;
    std::map<std::string, std::vector<Group>> groups_;  ///< of each process
    std::set<CommitId> commits_;                ///< that were executed, also if they are forgotten
    std::map<CommitId, Execution> executions_;  ///< that are not
    std::map<std::string, Opening> openings_;
    std::map<std::string, TimePoint> replaced_;
};

}  // namespace reginfo::test
