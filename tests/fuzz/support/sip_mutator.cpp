/// @file
/// libFuzzer's door to the mutations of SIP messages.

#include "tests/fuzz/support/custom_mutator.hpp"
#include "tests/fuzz/support/sip_mutation.hpp"

using namespace reginfo::fuzz;

extern "C" std::size_t LLVMFuzzerCustomMutator(
    std::uint8_t* data,
    std::size_t size,
    std::size_t max,
    unsigned seed
) {
    return mutate_buffer(data, size, max, seed, mutate_sip);
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
    return store(cross_sip(view_of(left, left_size), view_of(right, right_size), chance), out, max);
}
