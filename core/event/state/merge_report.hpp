/// @file
/// The result of one change to the state of an AOR.
#pragma once

#include <cstddef>

namespace reginfo {

/// What one change did, for the counters.
struct MergeReport {
    bool visible = false;       ///< the revision grew (RULES.md, "Work follows change")
    std::size_t conflicts = 0;  ///< active words that lost to a word of another publication
    std::size_t contacts_expired = 0;
    std::size_t publications_expired = 0;
    std::size_t ends_given_up = 0;   ///< ended contacts and URIs that some watchers will miss
    std::size_t words_given_up = 0;  ///< tombstones beyond the bounds
};

}  // namespace reginfo
