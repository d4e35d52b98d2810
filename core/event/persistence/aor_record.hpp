/// @file
/// The record of an AOR: its state as bytes, for the store and for states that rest in memory.
#pragma once

#include "core/base/time.hpp"
#include "core/event/persistence/record_time.hpp"
#include "core/event/state/aor_state.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace reginfo {

class SharedTexts;

/// @param aor           canonical
/// @param shared_texts  takes texts that many records share; then the record can only be read with
///                      it. Null for a record that goes to the store
std::string encode(
    std::string_view aor,
    const AorState& state,
    TimePoint now,
    SharedTexts* shared_texts = nullptr
);
/// Returns nothing for a damaged record, or one of an unknown layout.
std::optional<AorState> decode_aor(
    std::string_view aor,
    std::string_view bytes,
    const RecordTime& time,
    const SharedTexts* shared_texts = nullptr
);

}  // namespace reginfo
