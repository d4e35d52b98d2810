/// @file
/// Bindings from the location table of Kamailio, as a publication (RULES.md, "The state is a
/// merge").
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

/// The canonical AOR of a URI, which is the key of its record; nothing if the URI is no AOR.
std::optional<std::string> aor_key_of(std::string_view uri);

/// The record of an AOR with one more publication, whose words are imported. It replaces an earlier
/// import, and lives as long as the last of its contacts.
///
/// @param key       the AOR, canonical
/// @param existing  the record in the store; empty if there is none
/// @param etag      of the new publication, which no publisher gets
/// @param document  with one registration, the one of the AOR
/// @returns nothing if the existing record cannot be decoded
std::optional<std::string> import_record(
    std::string_view key,
    std::string_view existing,
    const RecordTime& time,
    EntityTag etag,
    const Document& document
);

}  // namespace reginfo
