/// @file

#include "tests/storage/redis/cluster_plan.hpp"

#include <array>
#include <cstddef>
#include <ostream>

namespace reginfo::test {
namespace {

constexpr std::array kNames = {
    "wait",
    "commit",
    "kill",
    "start",
    "leave",
    "pause",
    "pause_in_write",
    "cut",
    "cut_late",
    "silence_out",
    "silence_in",
    "stall",
    "clock_step",
    "lag",
    "catch_up",
    "fail_over",
    "down"
};
static_assert(kNames.size() == static_cast<std::size_t>(ClusterOp::count_));

}  // namespace

std::ostream& operator<<(std::ostream& out, const ClusterCommand& command) {
    return out << "\n  {ClusterOp::" << kNames.at(static_cast<std::size_t>(command.op)) << ","
               << int{command.node} << "," << int{command.how} << "},";
}

std::ostream& operator<<(std::ostream& out, const ClusterPlan& plan) {
    out << "ClusterPlan{" << plan.chance << "," << int{plan.nodes} << ","
        << (plan.is_slow ? "true" : "false") << "," << (plan.is_replicated ? "true" : "false")
        << ",{";
    for (const ClusterCommand& command : plan.commands) out << command;
    return out << "}}";
}

}  // namespace reginfo::test
