/// @file
/// Chance, from one seed: a run can be repeated from its inputs.
#pragma once

#include <cstdint>

namespace reginfo {

/// Numbers for tags, branches and entity-tags. SplitMix64: each number once in 2^64, and not to be
/// guessed from outside as long as the seed comes from the system's source.
class TokenSource {
public:
    explicit TokenSource(std::uint64_t seed) : state_(seed) {}

    std::uint64_t next() {
        state_ += 0x9e3779b97f4a7c15U;
        std::uint64_t mixed = state_;
        mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
        mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
        return mixed ^ (mixed >> 31U);
    }

private:
    std::uint64_t state_;
};

}  // namespace reginfo
