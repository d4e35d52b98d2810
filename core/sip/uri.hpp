/// @file
/// SIP, SIPS and tel URIs taken apart. Their comparison is in uri_comparison.hpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace reginfo::sip {

/// What a URI, a sent-by or a server without a port means (RFC 3261 §18.2.2, §19.1.2). For SIPS as
/// well, whose 5061 is that of TLS, which we do not have.
inline constexpr std::uint16_t kDefaultPort = 5060;

/// @param port  0 if absent
inline std::uint16_t port_or_default(std::uint16_t port) { return port != 0 ? port : kDefaultPort; }

/// The parts of a URI. All views point into the parsed text; nothing is unescaped.
struct Uri {
    enum class Scheme : std::uint8_t { sip, sips, tel, other };

    Scheme scheme = Scheme::other;
    std::string_view scheme_text;
    std::string_view
        user;  ///< without password; of tel: the number; of other: all behind the scheme
    std::string_view password;
    std::string_view host;     ///< IPv6 keeps its brackets; empty for tel and other
    std::uint16_t port = 0;    ///< 0 if absent
    std::string_view params;   ///< from behind the first ';', without it
    std::string_view headers;  ///< from behind the '?', without it

    bool is_sip() const { return scheme == Scheme::sip || scheme == Scheme::sips; }
};

/// Parses a URI without angle brackets (RFC 3261 §25.1 `SIP-URI`, RFC 3966 `telephone-uri`).
///
/// Returns  the parts. A URI of another scheme (RFC 3986) is accepted, with its rest in `user`.
///          Nothing if the text is not a URI: a missing scheme, an illegal character, a host that
///          is neither name nor address, a port beyond 65535, a broken escape.
std::optional<Uri> parse_uri(std::string_view text);

/// The value of a URI or header parameter; the case of the name does not matter. "" if the
/// parameter has no value, nothing if it is absent. `params` is the text behind the first ';'.
std::optional<std::string_view> find_param(std::string_view params, std::string_view name);

}  // namespace reginfo::sip
