/// @file
/// What happens to nodes and their Redis in one simulated run, as values that RapidCheck makes,
/// prints and shrinks.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <vector>

namespace reginfo::test {

enum class ClusterOp : std::uint8_t {
    wait,            ///< a little or a long time
    commit,          ///< by the node that has the shards
    kill,            ///< the process ends at once; its last bytes may still arrive
    start,           ///< another one starts, unless one runs
    leave,           ///< the process ends cleanly
    pause,           ///< the process stands still
    pause_in_write,  ///< so it does between reading the clock and its next write
    cut,             ///< the connection ends; what is under way is lost
    cut_late,        ///< so it does, but what was written arrives late
    silence_out,     ///< what the node writes arrives when it is over
    silence_in,      ///< so does what it reads
    stall,           ///< Redis executes nothing
    clock_step,      ///< Redis' clock jumps
    lag,             ///< the replica does not follow
    catch_up,        ///< it does again
    fail_over,       ///< another Redis is the primary, which has not got the last writes
    down,            ///< nobody answers; then the same data under another run_id
    count_
};

struct ClusterCommand {
    ClusterOp op = ClusterOp::wait;
    std::uint8_t node = 0;  ///< 0: the one that has the shards; 1: the next one
    std::uint8_t how = 0;
};

struct ClusterPlan {
    std::uint16_t chance = 0;  ///< seed of the delays
    std::uint8_t nodes = 2;
    bool is_slow = false;        ///< the network: to read all records takes seconds
    bool is_replicated = false;  ///< each commit waits for one replica
    std::vector<ClusterCommand> commands;
};

/// As C++ initializers, so that a failure can be pasted into a test.
std::ostream& operator<<(std::ostream& out, const ClusterCommand& command);
std::ostream& operator<<(std::ostream& out, const ClusterPlan& plan);

}  // namespace reginfo::test
