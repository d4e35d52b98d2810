/// @file
/// Nodes with the real RedisStore on one ModelRedis, in simulated time.
#pragma once

#include "core/base/time.hpp"
#include "tests/storage/redis/cluster_ledger.hpp"
#include "tests/storage/redis/cluster_network.hpp"
#include "tests/storage/redis/cluster_plan.hpp"
#include "tests/storage/redis/cluster_witness.hpp"
#include "tests/storage/redis/model_redis.hpp"
#include "tests/storage/redis/store_process.hpp"

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace reginfo::test {

/// Executes a plan, and checks the invariants at each step.
class ClusterWorld {
public:
    explicit ClusterWorld(const ClusterPlan& plan);

    /// @throw std::runtime_error  an invariant is broken
    void run();

private:
    struct Node {
        std::string name;
        std::unique_ptr<StoreProcess> process;  ///< null if none runs
        std::string incarnation = {};           ///< of the last process
        std::size_t answers = 0;                ///< of the process, that are in the ledger
        bool was_opened = false;
        bool is_leaving = false;
        std::string cluster_id = {};  ///< that the process before has seen
        TimePoint paused_until = {};
        Duration pause_in_write = {};  ///< stands still so long at the next write
        TimePoint start_at = TimePoint::max();
    };

    void trace(const std::string& what) const;
    void execute(const ClusterCommand& command);
    /// The node that has the shards, or has had them last.
    std::size_t owner() const;
    void start(std::size_t node);
    void end(std::size_t node);
    void leave(std::size_t node);
    /// By the node that serves. Returns 0 if there is none.
    CommitId commit(std::uint8_t how);
    void fail_over(std::uint64_t behind, Duration away);
    void heal();

    void pass(Duration time);
    TimePoint next() const;
    TimePoint deadline_of(std::size_t node) const;
    void run_node(std::size_t node);
    void handle(std::size_t node, const ClusterNetwork::Arrival& arrival);
    /// What the process has to do after each call.
    void settle(std::size_t node);
    void check_leases() const;
    void check_opening(const Node& node) const;
    void check_answer(CommitId id, bool ok) const;
    void check_end(CommitId last);

    bool is_running(const Node& node) const { return node.process && node.paused_until <= now_; }
    static bool serves(const Node& node);
    /// The only node that serves; null if there is none, or several.
    Node* serving();
    static ClusterLedger::Records records_in(const StoreProcess& process);

    ClusterPlan plan_;
    TimePoint now_{std::chrono::hours{1}};
    ModelRedis redis_;
    ClusterWitness witness_{redis_};
    ClusterLedger ledger_{witness_};
    ClusterNetwork network_;
    std::vector<Node> nodes_;
    int processes_ = 0;
    bool has_sound_leases_ = true;                ///< no beat is forgotten, and clocks run alike
    std::uint64_t oldest_ = 0;                    ///< write that may be forgotten
    std::map<TimePoint, std::uint64_t> offsets_;  ///< of the writes at each time
};

}  // namespace reginfo::test
