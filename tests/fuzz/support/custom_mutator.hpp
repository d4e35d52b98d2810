/// @file
/// Between libFuzzer's buffers and mutations of text.
#pragma once

#include "tests/fuzz/support/chance.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

/// The mutation of libFuzzer itself, which uses the dictionary and the comparisons of the target.
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max);

namespace reginfo::fuzz {

inline std::string_view view_of(const std::uint8_t* data, std::size_t size) {
    return {reinterpret_cast<const char*>(data), size};
}

inline std::size_t store(std::string_view text, std::uint8_t* out, std::size_t max) {
    const std::size_t size = std::min(text.size(), max);
    std::copy_n(text.data(), size, reinterpret_cast<char*>(out));
    return size;
}

/// One mutation in four is libFuzzer's own.
template <class Mutate>
std::size_t mutate_buffer(
    std::uint8_t* data,
    std::size_t size,
    std::size_t max,
    unsigned seed,
    Mutate mutate
) {
    Chance chance(seed);
    if (chance.one_in(4)) return LLVMFuzzerMutate(data, size, max);
    return store(mutate(view_of(data, size), chance), data, max);
}

}  // namespace reginfo::fuzz
