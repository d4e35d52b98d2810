/// @file
/// The values of the header fields that this server understands, as views into the message.
#pragma once

#include "core/base/address.hpp"
#include "core/base/time.hpp"
#include "core/sip/message.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace reginfo::sip {

/// How the branch of a request begins whose branch is unique (RFC 3261 §8.1.1.7).
inline constexpr std::string_view kMagicCookie = "z9hG4bK";

/// One Via value (RFC 3261 §20.42, RFC 3581).
struct Via {
    std::string_view text;             ///< the whole value as it was written
    std::string_view transport;        ///< "UDP", "TCP", any token, as written
    std::string_view host;             ///< sent-by; IPv6 keeps its brackets
    std::optional<IpAddress> address;  ///< of a host that is an address
    std::uint16_t port = 0;            ///< 0 if absent
    std::string_view params;           ///< from behind the first ';'
    std::string_view branch;           ///< empty if absent
    std::string_view maddr;
    bool has_rport = false;     ///< the sender asks for it (RFC 3581 §3)
    bool has_received = false;  ///< the sender wrote one; it is ignored
};

/// From, To, Contact, Route, Record-Route, P-Asserted-Identity (RFC 3261 §20.10).
struct NameAddr {
    std::string_view text;     ///< the whole value as it was written
    std::string_view display;  ///< as written, with its quotes
    std::string_view uri;      ///< without angle brackets
    std::string_view params;   ///< header parameters, from behind the first ';' after the address
    std::string_view tag;      ///< empty if absent
    bool bracketed = false;
};

struct CSeq {
    std::uint32_t number = 0;  ///< below 2^31 (RFC 3261 §8.1.1.5)
    Method method = Method::other;
    std::string_view method_text;
};

/// Event (RFC 6665 §8.2.1).
struct EventHeader {
    std::string_view package;  ///< case-sensitive (RFC 6665 §8.2.1: a token)
    std::optional<std::string_view> id;
    std::string_view params;
};

std::optional<Via> parse_via(std::string_view value);
/// Without brackets, ';' begins header parameters, and '?' and ',' are illegal (§20.10).
std::optional<NameAddr> parse_name_addr(std::string_view value);
std::optional<CSeq> parse_cseq(std::string_view value);
std::optional<EventHeader> parse_event(std::string_view value);
/// Expires, Min-Expires: 1*DIGIT; a value above 2^32 - 1 counts as 2^32 - 1 (RFC 3261 §20.19).
/// Nothing if the text is no number.
std::optional<Seconds> parse_delta_seconds(std::string_view value);
/// The number of a Retry-After. A comment or parameters may follow it (RFC 3261 §20.33).
std::optional<Seconds> parse_retry_after(std::string_view value);
/// One token (RFC 3261 §25.1).
bool is_token(std::string_view value);

/// Whether a Content-Type value, whatever its parameters, names that media type: without regard to
/// case, and with LWS around the slash as `m-type SLASH m-subtype` allows.
/// @param media_type  "type/subtype"
bool is_media_type(std::string_view value, std::string_view media_type);

/// Whether a text of that Content-Type is in UTF-8: no charset, or one that is a subset of UTF-8.
bool is_utf8(std::string_view content_type);

/// Whether an Accept header (all its fields) admits the media type, by name or range, with q above
/// 0 (RFC 3261 §20.1). An empty Accept admits nothing. The caller handles a missing Accept.
bool accepts(const Message& message, std::string_view media_type);

}  // namespace reginfo::sip
