/// @file
/// Random numbers from one seed: a run can be repeated from its inputs.
#pragma once

#include <cstdint>

namespace reginfo {

/// 128 bits: from the system's randomness in service, small numbers in tests.
struct Seed {
    Seed(std::uint64_t first_, std::uint64_t second_ = 0)  // NOLINT: a number is a seed
        : first(first_), second(second_) {}

    std::uint64_t first;
    std::uint64_t second;
};

/// Numbers for tags, branches and entity-tags, which peers see (RFC 3261 §19.3: "cryptographically
/// random"). SipHash-2-4 of a counter under the seed: a pseudorandom function, so a peer that has
/// many of the numbers cannot predict others.
class TokenSource {
public:
    explicit TokenSource(const Seed& seed) : seed_(seed) {}

    std::uint64_t next() { return number(++count_); }

    /// A seed for something else. Neither can be computed from the other, tokens or seed.
    std::uint64_t derive() const { return number(0); }

private:
    std::uint64_t number(std::uint64_t index) const;

    Seed seed_;
    std::uint64_t count_ = 0;
};

/// The keys of hash tables, from one number. SplitMix64: one key reveals all others, so no peer may
/// see any. Records in the store depend on the keys: they must stay the same.
class HashSeeds {
public:
    explicit HashSeeds(std::uint64_t seed) : state_(seed) {}

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
