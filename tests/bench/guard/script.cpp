/// @file
/// A fixed script of messages through an Engine without sockets, for valgrind --tool=callgrind:
/// each part is dumped under its name, and only instructions inside the engine are counted.
///
///     script [PART]    prints "PART UNITS ALLOCATIONS" for each part; all unless one is named

#include "core/engine.hpp"
#include "tests/bench/allocations.hpp"
#include "tests/bench/wire/engine_rig.hpp"

#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#else
#define CALLGRIND_TOGGLE_COLLECT
#define CALLGRIND_ZERO_STATS
#define CALLGRIND_DUMP_STATS_AT(name)
#endif

#include <cstdint>
#include <functional>
#include <iostream>
#include <string>
#include <string_view>

namespace {

using reginfo::bench::EngineRig;

struct Part {
    std::string_view name;
    std::uint32_t aors;
    std::uint32_t watchers;  ///< of each AOR
    void (*run)(EngineRig&);
};

void publish(EngineRig& rig) {
    for (int round = 0; round < 20; ++round) rig.publish_all();
}
void publish_once(EngineRig& rig) { rig.publish_all(); }
void refresh(EngineRig& rig) {
    for (int round = 0; round < 20; ++round) rig.refresh_all();
}
void subscribe(EngineRig& rig) { rig.subscribe_all(20); }

/// The units are PUBLISHes if there are no watchers, NOTIFYs otherwise.
constexpr Part kParts[] = {
    {"publish", 50, 0, publish},
    {"publish-resting", 2'000, 0, publish_once},  // more than are kept open
    {"refresh", 50, 0, refresh},
    {"notify-1", 50, 1, publish},
    {"notify-10", 50, 10, publish},
    {"notify-1000", 1, 1000, publish},
    {"subscribe", 50, 0, subscribe},
};

void run(const Part& part) {
    std::uint64_t allocations = 0;
    EngineRig rig(part.aors, [&](const std::function<void()>& inside) {
        const std::uint64_t before = reginfo::bench::allocations();
        CALLGRIND_TOGGLE_COLLECT;
        inside();
        CALLGRIND_TOGGLE_COLLECT;
        allocations += reginfo::bench::allocations() - before;
    });
    rig.publish_all();
    rig.subscribe_all(part.watchers);
    rig.publish_all();
    const EngineRig::Counts before = rig.counts();
    allocations = 0;
    CALLGRIND_ZERO_STATS;
    part.run(rig);
    CALLGRIND_DUMP_STATS_AT(part.name.data());
    const EngineRig::Counts after = rig.counts();
    const auto notifies = after.notifies - before.notifies;
    std::cout << part.name << " " << (notifies > 0 ? notifies : after.accepted - before.accepted)
              << " " << allocations << "\n";
}

}  // namespace

int main(int argc, char** argv) {
    const std::string_view only = argc > 1 ? argv[1] : "";
    for (const Part& part : kParts) {
        if (only.empty() || only == part.name) run(part);
    }
    return 0;
}
