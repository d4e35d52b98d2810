/// @file
/// Bindings that were known before anybody published them (RULES.md, "The state is a merge").
#pragma once

#include "core/base/time.hpp"
#include "core/event/persistence/record_time.hpp"
#include "core/event/state/aor_state.hpp"
#include "core/reginfo/document.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace reginfo {

/// The AOR of a URI, canonical, as it keys records; nothing if it is none.
std::optional<std::string> aor_key_of(std::string_view uri);

/// The record of an AOR with another publication, whose words are imported ones, in the place of
/// what was imported before. It ends with the last of its contacts.
///
/// @param key       the AOR, canonical
/// @param existing  what the store has of the AOR; empty if nothing
/// @param etag      of the new publication; nobody is told
/// @param document  with one registration, that of the AOR
/// @returns nothing if what the store has cannot be read
std::optional<std::string> import_record(
    std::string_view key,
    std::string_view existing,
    const RecordTime& time,
    EntityTag etag,
    const Document& document
);

}  // namespace reginfo
