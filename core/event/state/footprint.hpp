/// @file
/// How many bytes of memory the state of an AOR holds.
#pragma once

#include <cstddef>

namespace reginfo {

struct AorState;

/// Outside of itself. What several words share is counted once.
std::size_t footprint_of(const AorState& state);

}  // namespace reginfo
