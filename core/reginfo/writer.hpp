/// @file
/// Pieces of reginfo documents for watchers (RFC 3680 §5): compact, no prefixes.
#pragma once

#include "core/reginfo/document.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace reginfo {

/// Escapes for use in text and in an attribute between double quotes: & < > " and, as character
/// references, tab, CR and LF.
void append_escaped(std::string& out, std::string_view text);

/// The same: `text` itself if there is nothing to escape, else it lies in `scratch`.
std::string_view escaped(std::string_view text, std::string& scratch);

/// What each watcher has its own copy of: `<?xml version="1.0" encoding="UTF-8"?>` and
/// `<reginfo xmlns=".." version="N" state="full">`.
void append_document_head(std::string& out, std::uint32_t version, bool full);

/// Closes what append_document_head opened.
void append_document_end(std::string& out);

/// `<registration aor=".." id=".." state="..">`, left open. `aor` is not yet escaped.
void append_registration_head(
    std::string& out,
    std::string_view aor,
    std::string_view id,
    RegistrationState state
);
void append_registration_end(std::string& out);

}  // namespace reginfo
