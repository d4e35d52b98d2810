/// @file
/// Which of several words on one contact wins (RULES.md, "The state is a merge").
#pragma once

#include "core/event/state/aor_state.hpp"

#include <boost/container/small_vector.hpp>

#include <cstddef>
#include <span>
#include <vector>

namespace reginfo {

/// A word and its publication; a tombstone has none.
struct Claim {
    const Word* word = nullptr;
    const Publication* publication = nullptr;

    const ContactDetails& details() const { return *word->details; }
};

using Claims = boost::container::small_vector<Claim, 4>;

/// All claims of an AOR, sorted by contact, Call-ID, cseq and order.
Claims claims_of(const AorState& state);

struct Winner {
    const Claim* claim = nullptr;
    std::size_t conflicts = 0;  ///< active words of other publications than the winner's
};

/// The claim that decides the state of one contact. @pre sorted as by claims_of; not empty
Winner winner_of(std::span<const Claim> claims);

/// Adds to `kept` the tombstones that an older active word still makes necessary, without those
/// that another one covers. Returns how many were dropped to keep within the bounds.
/// @pre as for winner_of
std::size_t keep_tombstones(std::span<const Claim> claims, std::vector<Word>& kept);

/// Whether `later` replaces `earlier`, a listing of the same contact in the same document. An
/// active listing replaces an ended one.
bool replaces(const Contact& later, const Contact& earlier);

}  // namespace reginfo
