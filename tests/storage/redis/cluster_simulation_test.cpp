/// @file
/// Nodes with the real store on a model of Redis: random faults against the invariants.
///
/// REGINFO_SIM_RUNS=20000 makes that many runs (800 unless set; 40 under the sanitizers, where one
/// takes half a second). A failure prints the shrunk plan, which can be pasted into a test below,
/// and a line `reproduce=...` for RC_PARAMS. REGINFO_SIM_TRACE=1 prints what happens.

#include "tests/storage/redis/cluster_plan.hpp"
#include "tests/storage/redis/cluster_world.hpp"
#include "tests/support/property.hpp"

#include <gtest/gtest.h>

#include <rapidcheck.h>

#include <string>

namespace rc {

using namespace reginfo::test;

template <>
struct Arbitrary<ClusterCommand> {
    static Gen<ClusterCommand> arbitrary() {
        return gen::build<ClusterCommand>(
            gen::set(
                &ClusterCommand::op,
                gen::weightedElement<ClusterOp>({
                    {24, ClusterOp::wait},
                    {24, ClusterOp::commit},
                    {3, ClusterOp::kill},
                    {3, ClusterOp::start},
                    {1, ClusterOp::leave},
                    {3, ClusterOp::pause},
                    {3, ClusterOp::pause_in_write},
                    {3, ClusterOp::cut},
                    {4, ClusterOp::cut_late},
                    {2, ClusterOp::silence_out},
                    {2, ClusterOp::silence_in},
                    {2, ClusterOp::stall},
                    {2, ClusterOp::clock_step},
                    {3, ClusterOp::lag},
                    {2, ClusterOp::catch_up},
                    {4, ClusterOp::fail_over},
                    {2, ClusterOp::down},
                })
            ),
            gen::set(
                &ClusterCommand::node, gen::weightedElement<std::uint8_t>({{4, 0}, {2, 1}, {1, 2}})
            ),
            gen::set(&ClusterCommand::how, gen::inRange<std::uint8_t>(0, 120))
        );
    }
};

template <>
struct Arbitrary<ClusterPlan> {
    static Gen<ClusterPlan> arbitrary() {
        return gen::build<ClusterPlan>(
            gen::set(&ClusterPlan::chance, gen::inRange<std::uint16_t>(0, 1000)),
            gen::set(&ClusterPlan::nodes, gen::element<std::uint8_t>(2, 2, 3)),
            gen::set(&ClusterPlan::is_slow, gen::element(false, false, true)),
            gen::set(&ClusterPlan::is_replicated, gen::arbitrary<bool>()),
            gen::set(
                &ClusterPlan::commands,
                gen::resize(
                    40,
                    gen::container<std::vector<ClusterCommand>>(gen::arbitrary<ClusterCommand>())
                )
            )
        );
    }
};

}  // namespace rc

namespace reginfo::test {
namespace {

#ifdef __SANITIZE_ADDRESS__
const std::string kShortRun = "max_success=40 seed=1";
#else
const std::string kShortRun = "max_success=800 seed=1";
#endif

TEST(ClusterSimulation, NothingAcknowledgedIsLostAndOneNodeServesInTheEnd) {
    check_property(kShortRun, [](const ClusterPlan& plan) { ClusterWorld(plan).run(); });
}

/// The node that serves connects anew while the replica is behind, and then Redis fails over to
/// that replica, which has an older beat.
TEST(ClusterSimulation, ALeaseThatNoReplicaHasIsNotRenewedByAnotherConnection) {
    ClusterWorld(ClusterPlan{
                     0,
                     2,
                     false,
                     true,
                     {
                         {ClusterOp::wait, 0, 3},
                         {ClusterOp::wait, 0, 2},
                         {ClusterOp::lag, 0, 0},
                         {ClusterOp::wait, 0, 3},
                         {ClusterOp::wait, 0, 2},
                         {ClusterOp::cut, 0, 0},
                         {ClusterOp::wait, 0, 2},
                         {ClusterOp::wait, 0, 1},
                         {ClusterOp::wait, 0, 1},
                         {ClusterOp::wait, 0, 1},
                         {ClusterOp::silence_out, 0, 7},
                         {ClusterOp::fail_over, 0, 39},
                         {ClusterOp::wait, 0, 6},
                     }
                 }
    ).run();
}

}  // namespace
}  // namespace reginfo::test
