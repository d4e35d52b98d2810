/// @file
/// libFuzzer's door to the mutations of scripts: whole steps come, go, change places and meet
/// those of other scripts, so that what a step means does not depend on those before it.

#include "tests/fuzz/support/custom_mutator.hpp"
#include "tests/fuzz/support/script.hpp"

#include <string>
#include <string_view>

using namespace reginfo::fuzz;

namespace {

constexpr std::size_t kStep = Step::kBytes;

std::string change_steps(std::string_view script, Chance& chance) {
    std::string text(script);
    const std::size_t steps = text.size() / kStep;
    text.resize(steps * kStep);
    const std::size_t at = steps == 0 ? 0 : chance.below(steps) * kStep;
    const std::size_t run = kStep * (1 + chance.below(4));
    switch (steps == 0 ? 0 : chance.below(6)) {
        case 0: {
            std::string step;
            for (std::size_t i = 0; i < kStep; ++i) step += static_cast<char>(chance.below(256));
            text.insert(at, step);
            break;
        }
        case 1:
            text.erase(at, run);
            break;
        case 2:
            text.insert(chance.below(steps + 1) * kStep, std::string(text.substr(at, run)));
            break;
        case 3: {
            const std::string moved = text.substr(at, run);
            text.erase(at, run);
            text.insert(chance.below(text.size() / kStep + 1) * kStep, moved);
            break;
        }
        default:
            text[at + chance.below(kStep)] = static_cast<char>(chance.below(256));
            break;
    }
    return text;
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(
    std::uint8_t* data,
    std::size_t size,
    std::size_t max,
    unsigned seed
) {
    return mutate_buffer(data, size, max, seed, change_steps);
}

extern "C" std::size_t LLVMFuzzerCustomCrossOver(
    const std::uint8_t* left,
    std::size_t left_size,
    const std::uint8_t* right,
    std::size_t right_size,
    std::uint8_t* out,
    std::size_t max,
    unsigned seed
) {
    Chance chance(seed);
    const std::string_view head = view_of(left, left_size);
    const std::string_view tail = view_of(right, right_size);
    const std::size_t cut = chance.below(head.size() / kStep + 1) * kStep;
    const std::size_t from = chance.below(tail.size() / kStep + 1) * kStep;
    std::string mixed(head.substr(0, cut));
    mixed += tail.substr(from);
    if (chance.one_in(2)) mixed += head.substr(cut);
    return store(mixed, out, max);
}
