/// @file
/// The values of reginfo attributes (RFC 3680 §5.4) from their text.
#pragma once

#include "core/reginfo/document.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace reginfo {

std::optional<ContactEvent> parse_contact_event(std::string_view text);
std::optional<RegistrationState> parse_registration_state(std::string_view text);

/// Reads digits with white space around them. A number above 2^32 - 1 counts as 2^32 - 1. Nothing
/// for another text, such as "-1".
std::optional<Seconds> parse_seconds(std::string_view text);

/// Reads a number below 2^32 with white space around it.
std::optional<std::uint32_t> parse_cseq(std::string_view text);

/// Whether the text is of xs:anyURI, the type of addresses in RFC 3680 §5.4: with all other
/// characters escaped, it is a reference of RFC 3986. So white space and bytes beyond ASCII are
/// allowed.
bool is_any_uri(std::string_view text);

/// Whether the text is of xs:language, the type of xml:lang.
bool is_language(std::string_view text);

/// Whether the text is a qvalue (RFC 3261 §25.1).
bool is_qvalue(std::string_view text);

}  // namespace reginfo
