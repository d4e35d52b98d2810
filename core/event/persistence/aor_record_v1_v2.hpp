/// @file
/// AOR records of layouts 1 and 2, which a store may still hold.
#pragma once

#include "core/event/persistence/record_layout.hpp"
#include "core/event/state/aor_state.hpp"

namespace reginfo {

/// Reads a state without its members. Returns false for a damaged record.
bool decode_v1_v2(Decoder& in, AorState& state);

}  // namespace reginfo
