/// @file
/// The memory of the state of an AOR.
#pragma once

#include <cstddef>

namespace reginfo {

struct AorState;

/// The bytes outside of the object itself. Shared details are counted once.
std::size_t footprint_of(const AorState& state);

}  // namespace reginfo
