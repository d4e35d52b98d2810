/// @file
/// The simulation: random runs of the whole engine against a model that is simple and slow.
///
/// REGINFO_SIM_RUNS=20000 makes that many runs (2000 unless set). A failure prints the shrunk plan
/// and a line `reproduce=...`: RC_PARAMS="reproduce=..." runs just that, RC_PARAMS="seed=..." the
/// whole series; REGINFO_SIM_TRACE=1 prints every message. A plan is printed as C++ and can be
/// pasted into a test below.

#include "core/event/watcher/profile.hpp"
#include "tests/sim/commands.hpp"
#include "tests/sim/world.hpp"
#include "tests/support/property.hpp"

#include <gtest/gtest.h>

#include <rapidcheck.h>

#include <functional>
#include <string>

namespace rc {

using namespace reginfo::sim;

template <>
struct Arbitrary<Item> {
    static Gen<Item> arbitrary() {
        return gen::build<Item>(
            gen::set(&Item::contact, gen::inRange<std::uint8_t>(0, 4)),
            gen::set(&Item::callid, gen::inRange<std::uint8_t>(0, 4)),
            gen::set(&Item::cseq, gen::inRange<std::uint8_t>(0, 6)),
            gen::set(&Item::ended, gen::map(gen::inRange(0, 4), [](int i) { return i == 3; })),
            gen::set(&Item::expires, gen::inRange<std::uint8_t>(0, 6))
        );
    }
};

template <>
struct Arbitrary<Command> {
    static Gen<Command> arbitrary() {
        return gen::build<Command>(
            gen::set(
                &Command::op,
                gen::weightedElement<Op>({
                    {12, Op::wait},           {12, Op::publish},
                    {3, Op::publish_anew},    {4, Op::refresh},
                    {3, Op::remove},          {1, Op::wrong_tag},
                    {2, Op::repeat},          {10, Op::subscribe},
                    {3, Op::resubscribe},     {2, Op::resubscribe_id},
                    {1, Op::unsubscribe},     {1, Op::fetch},
                    {3, Op::answer_with},     {2, Op::close},
                    {1, Op::refuse_connects}, {2, Op::dns},
                    {1, Op::clock_step},      {2, Op::crash},
                    {1, Op::restart},
                })
            ),
            gen::set(&Command::peer, gen::inRange<std::uint8_t>(0, 6)),
            gen::set(&Command::how, gen::inRange<std::uint8_t>(0, 35)),
            gen::set(
                &Command::items,
                gen::resize(4, gen::container<std::vector<Item>>(gen::arbitrary<Item>()))
            )
        );
    }
};

template <>
struct Arbitrary<Plan> {
    static Gen<Plan> arbitrary() {
        const auto flag = [](int of) {
            return gen::map(gen::inRange(0, of), [of](int i) { return i == of - 1; });
        };
        return gen::build<Plan>(
            gen::set(&Plan::chance, gen::inRange<std::uint16_t>(0, 1000)),
            gen::set(&Plan::loss, gen::element<std::uint8_t>(0, 0, 5, 30)),
            gen::set(&Plan::duplicates, gen::element<std::uint8_t>(0, 0, 20)),
            gen::set(&Plan::delay, gen::element<std::uint8_t>(0, 1, 4, 20)),
            gen::set(&Plan::callids, gen::element(Callids::always, Callids::never, Callids::mixed)),
            gen::set(
                &Plan::store,
                gen::element(Store::at_once, Store::at_once, Store::late, Store::failing)
            ),
            gen::set(&Plan::small_turns, flag(3)),
            gen::set(&Plan::paced, flag(3)),
            gen::set(
                &Plan::profile,
                gen::element(
                    reginfo::Profile::standard,
                    reginfo::Profile::standard,
                    reginfo::Profile::partial,
                    reginfo::Profile::ims,
                    reginfo::Profile::pcscf,
                    reginfo::Profile::linphone
                )
            ),
            gen::set(&Plan::rates, flag(3)),
            gen::set(&Plan::suppress, flag(3)),
            gen::set(&Plan::durable, flag(2)),
            gen::set(&Plan::batches, flag(2)),
            gen::set(
                &Plan::edge,
                gen::element(
                    EdgeManner::none, EdgeManner::good, EdgeManner::slow, EdgeManner::narrow
                )
            ),
            gen::set(&Plan::large, flag(4)),
            gen::set(&Plan::commands)
        );
    }
};

}  // namespace rc

namespace {

using namespace reginfo::sim;

void run(const std::string& short_run, const std::function<void(Plan)>& property) {
    reginfo::test::check_property(short_run, [&](const Plan& plan) { property(plan); });
}

TEST(Simulation, EveryWatcherHasTheStateOfTheModelInTheEndAndNothingIsLeft) {
    run("max_success=2000 seed=1", [](Plan plan) {
        plan.durable = false;
        simulate(plan);
    });
}

TEST(Simulation, SoItIsWhenTheProcessCrashesAndRestarts) {
    run("max_success=1000 seed=1", [](Plan plan) {
        plan.durable = true;
        simulate(plan);
    });
}

TEST(Simulation, SoItIsWhenShardsMoveBetweenTwoProcessesAndLeasesRunOut) {
    run("max_success=1000 seed=1", [](Plan plan) {
        plan.durable = true;
        plan.shared = true;
        simulate(plan);
    });
}

TEST(Simulation, SoItIsWhereBoundsAreReached) {
    run("max_success=300 seed=1", [](Plan plan) {
        plan.tight = true;
        simulate(plan);
    });
}

}  // namespace
