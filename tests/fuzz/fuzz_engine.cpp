/// @file
/// The assembled engine without sockets. A script of steps drives its peers, its store, its
/// resolver, its operator and the clock, and all invariants are checked after each step (engine/).
/// Input: a step that chooses the settings, then steps (support/script.hpp).

#include "tests/fuzz/engine/world.hpp"

#include <cstddef>
#include <cstdint>

using namespace reginfo::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr std::size_t kSteps = 200;
    Script script({data, size});
    if (script.at_end()) return 0;
    World world(script.next());
    for (std::size_t i = 0; i < kSteps && !script.at_end(); ++i) world.run(script.next());
    world.wind_down();
    return 0;
}
