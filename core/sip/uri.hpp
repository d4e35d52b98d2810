/// @file
/// SIP, SIPS and tel URIs: parsing, comparison, and the canonical form of an address-of-record.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace reginfo::sip {

/// A URI taken apart; every view points into the text that was parsed, nothing is unescaped.
struct Uri {
    enum class Scheme : std::uint8_t { sip, sips, tel, other };

    Scheme scheme = Scheme::other;
    std::string_view scheme_text;
    std::string_view user;  ///< without password; for tel: the number; for other: all the rest
    std::string_view password;
    std::string_view host;     ///< IPv6 keeps its brackets; empty for tel and other
    std::uint16_t port = 0;    ///< 0 if absent
    std::string_view params;   ///< from behind the first ';', without it
    std::string_view headers;  ///< from behind the '?', without it

    bool is_sip() const { return scheme == Scheme::sip || scheme == Scheme::sips; }
};

/// Parses a URI without angle brackets (RFC 3261 §25.1 `SIP-URI`, RFC 3966 `telephone-uri`).
///
/// Returns  the parts; a URI of another scheme (RFC 3986) is accepted with its rest in `user`.
///          Nothing if the text is not a URI: a missing scheme, an illegal character, a host that
///          is neither name nor address, a port beyond 65535, a broken escape.
std::optional<Uri> parse_uri(std::string_view text);

/// The value of a URI or header parameter without regard to case of the name; "" if it has no
/// value, nothing if it is absent. `params` is what follows the first ';'.
std::optional<std::string_view> find_param(std::string_view params, std::string_view name);

/// The one text that all Request-URIs naming the same resource share (RFC 3261 §10.3, §19.1.4).
///
/// "sip:user@host" or "sip:user@host:port": host in lower case, user unescaped as far as that
/// does not change its meaning (and hex digits in upper case), parameters, headers and password
/// dropped, sips taken for sip (RFC 5630, our policy). "tel:" without visual separators and
/// parameters other than phone-context, which stays in lower case (RFC 3966 §4).
/// Returns  nothing for a URI that can be no AOR: another scheme. The second puts it in `out`
///          instead, and returns whether there is one.
std::optional<std::string> canonical_aor(const Uri& uri);
bool write_canonical_aor(std::string& out, const Uri& uri);

/// Whether two URIs are equal (RFC 3261 §19.1.4; RFC 3966 §4 for tel; others byte by byte).
bool equal_uris(std::string_view a, std::string_view b);

/// A text equal for URIs that name the same contact: a normal form of the URI with parameters
/// (§10.2.4 compares by §19.1.4). The whole text where it cannot be parsed. The second appends it;
/// `uri` was parsed from `text`.
std::string canonical_contact(std::string_view uri);
void append_canonical_contact(std::string& out, std::string_view text, const Uri& uri);

}  // namespace reginfo::sip
