/// @file
/// Normal forms of URIs, which are compared instead of them (RFC 3261 §19.1.4, RFC 3966 §4).
#pragma once

#include "core/sip/uri.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace reginfo::sip {

/// The canonical form of an AOR: equal for all Request-URIs of one resource (RFC 3261 §10.3,
/// §19.1.4).
///
/// "sip:user@host" or "sip:user@host:port": the host in lower case; the user unescaped as far as
/// that does not change its meaning, other escapes in upper case; no parameters, headers and
/// password; `sip` for `sips` (RFC 5630, our policy). "tel:" without visual separators and
/// parameters other than phone-context, which stays in lower case (RFC 3966 §4).
/// Returns  nothing for a URI that cannot be an AOR: one of another scheme. The second writes to
///          `out` instead, and returns false for such a URI.
std::optional<std::string> canonical_aor(const Uri& uri);
bool write_canonical_aor(std::string& out, const Uri& uri);

/// Appends a text equal for URIs that name the same contact: a normal form of the URI with
/// parameters (§10.2.4 compares by §19.1.4). A parameter that one of them alone has makes them
/// differ, whatever its name. A URI of another scheme is taken byte by byte.
/// @param text  that `uri` was parsed from
void append_canonical_contact(std::string& out, std::string_view text, const Uri& uri);

}  // namespace reginfo::sip
