/// @file
/// Chance from a seed: a mutation can be repeated from the bytes that hold its seed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>

namespace reginfo::fuzz {

/// SplitMix64: small, and the same on every machine.
class Chance {
public:
    explicit Chance(std::uint64_t seed) : state_(seed) {}

    std::uint64_t next() {
        state_ += 0x9e3779b97f4a7c15U;
        std::uint64_t mixed = state_;
        mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
        mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
        return mixed ^ (mixed >> 31U);
    }

    /// @pre `limit` is not 0
    std::size_t below(std::size_t limit) { return static_cast<std::size_t>(next() % limit); }
    bool one_in(std::size_t times) { return below(times) == 0; }

    template <class Range>
    const auto& pick(const Range& range) {
        return range[below(std::size(range))];
    }

private:
    std::uint64_t state_;
};

}  // namespace reginfo::fuzz
