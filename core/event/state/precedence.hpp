/// @file
/// Which of several words on one contact counts (RULES.md, "The state is a merge").
#pragma once

#include "core/event/state/aor_state.hpp"

#include <boost/container/small_vector.hpp>

#include <cstddef>
#include <span>
#include <vector>

namespace reginfo {

/// A word and, unless it is a tombstone, the publication that says it.
struct Claim {
    const Word* word = nullptr;
    const Publication* publication = nullptr;

    const ContactDetails& details() const { return *word->details; }
};

using Claims = boost::container::small_vector<Claim, 4>;

/// All claims of an AOR, those on one contact together, in the order that judge needs.
Claims claims_of(const AorState& state);

struct Verdict {
    const Claim* winner = nullptr;
    std::size_t conflicts = 0;  ///< active words of other publications than the winner's
};

/// What all claims on one contact come to. @pre as claims_of gave them; not empty
Verdict judge(std::span<const Claim> claims);

/// Adds to `kept` the tombstones that keep an older active word from coming back, without those
/// that another one outdoes. Returns how many of them were given up, as there are bounds.
/// @pre as for judge
std::size_t keep_tombstones(std::span<const Claim> claims, std::vector<Word>& kept);

/// Which of two listings of one contact in one document counts: active beats ended.
bool outdoes(const Contact& later, const Contact& earlier);

}  // namespace reginfo
