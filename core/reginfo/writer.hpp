/// @file
/// Pieces of reginfo documents for watchers (RFC 3680 §5): compact, no prefixes.
#pragma once

#include "core/reginfo/document.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace reginfo {

/// Appends the text, escaped for use in text and in an attribute between double quotes: & < > "
/// and, as character references, tab, CR and LF.
void append_escaped(std::string& out, std::string_view text);

/// The same: returns `text` itself if there is nothing to escape, else a text in `scratch`.
std::string_view escaped(std::string_view text, std::string& scratch);

/// Appends the part that differs for each watcher: `<?xml version="1.0" encoding="UTF-8"?>` and
/// `<reginfo xmlns=".." version="N" state="full">`.
void append_document_head(std::string& out, std::uint32_t version, bool full);

/// Appends the end tag of append_document_head.
void append_document_end(std::string& out);

/// Appends `<registration aor=".." id=".." state="..">`. `aor` is not escaped yet.
void append_registration_head(
    std::string& out,
    std::string_view aor,
    std::string_view id,
    RegistrationState state
);
void append_registration_end(std::string& out);

}  // namespace reginfo
