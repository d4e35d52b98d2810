/// @file
/// Character classes and scanners, each under its rule of the grammar (RFC 3261 §25.1).
#pragma once

#include "core/base/address.hpp"
#include "core/base/ascii.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace reginfo::sip {

/// Sets of characters, one bit each.
enum class Chars : std::uint16_t {
    alpha = 1 << 0,
    digit = 1 << 1,
    hexdig = 1 << 2,
    token = 1 << 3,
    lws = 1 << 4,         ///< SP, HTAB, and the CR and LF of a folded line
    unreserved = 1 << 5,  ///< alphanum and mark
    user = 1 << 6,        ///< unreserved and user-unreserved
    password = 1 << 7,
    param = 1 << 8,       ///< paramchar, also of tel (RFC 3966 §3)
    header = 1 << 9,      ///< hnv-unreserved, unreserved, and the '=' and '&' between headers
    host = 1 << 10,       ///< of a hostname, and '_', which real host names contain
    uri = 1 << 11,        ///< of any URI but '%' (RFC 3986 §2)
    gen_value = 1 << 12,  ///< of a parameter's name or value as peers write them; no '='
    display = 1 << 13,    ///< of a display-name without quotes: token, LWS and UTF-8
    visual = 1 << 14,     ///< visual-separator (RFC 3966 §3)
};

extern const std::array<std::uint16_t, 256> kCharClasses;

inline bool is(Chars set, char c) {
    return (kCharClasses[static_cast<unsigned char>(c)] & static_cast<std::uint16_t>(set)) != 0;
}

/// Whether the text is not empty and all of its characters are in the set.
inline bool consists_of(Chars set, std::string_view text) {
    for (const char c : text) {
        if (!is(set, c)) return false;
    }
    return !text.empty();
}

/// Whether the text is not empty and has only what an addr-spec may have that we pass on: no blank,
/// quote or bracket. Apart from consists_of, as every message has several.
bool is_addr(std::string_view text);

/// Whether all of the text is in the set or `escaped` ("%" HEXDIG HEXDIG). An empty text is.
bool consists_of_or_escaped(Chars set, std::string_view text);

/// The value of a HEXDIG. @pre `c` is a HEXDIG
unsigned hex_value(char c);

/// The text without LWS behind it.
inline std::string_view trim_end(std::string_view text) {
    while (!text.empty() && is(Chars::lws, text.back())) text.remove_suffix(1);
    return text;
}

/// The text without LWS around it.
inline std::string_view trim(std::string_view text) {
    while (!text.empty() && is(Chars::lws, text.front())) text.remove_prefix(1);
    return trim_end(text);
}

/// `hostname`, `IPv4address` or `IPv6reference`. Labels may contain '_', and the last label may
/// begin with a digit, as in names of containers. A last label of digits only is a broken address.
/// @param literal  gets the address if the host is one
bool is_host(std::string_view text);
bool is_host(std::string_view text, std::optional<IpAddress>& literal);

/// `port`: 1 to 65535.
std::optional<std::uint16_t> parse_port(std::string_view text);

/// The first byte below 0x0E (CR, LF, HTAB, NUL and the like) at or behind `from`; text.size() if
/// there is none.
std::size_t find_control(std::string_view text, std::size_t from);

/// Reads a text from left to right. A function that finds nothing does not move.
class Scanner {
public:
    explicit Scanner(std::string_view text) : text_(text) {}

    bool at_end() const { return at_ == text_.size(); }
    char peek() const { return at_end() ? '\0' : text_[at_]; }
    std::size_t position() const { return at_; }
    std::string_view rest() const { return text_.substr(at_); }
    std::string_view since(std::size_t begin) const { return text_.substr(begin, at_ - begin); }

    void skip_lws() {
        while (!at_end() && is(Chars::lws, text_[at_])) ++at_;
    }

    bool accept(char c) {
        if (at_end() || text_[at_] != c) return false;
        ++at_;
        return true;
    }

    /// SLASH, COLON, SEMI, EQUAL and the like: the character with LWS around it.
    bool accept_separator(char c) {
        const std::size_t begin = at_;
        skip_lws();
        if (!accept(c)) {
            at_ = begin;
            return false;
        }
        skip_lws();
        return true;
    }

    std::string_view take(Chars set) {
        const std::size_t begin = at_;
        std::size_t end = begin;
        while (end < text_.size() && is(set, text_[end])) ++end;
        at_ = end;
        return {text_.data() + begin, end - begin};
    }

    /// The value of a parameter without quotes: Chars::gen_value and '='.
    std::string_view take_value();

    std::string_view token() { return take(Chars::token); }

    /// The text before the next `c`; all that is left if there is none.
    std::string_view take_until(char c);

    /// `quoted-string` with its quotes; nothing if there is none here, or if it does not end.
    std::optional<std::string_view> quoted_string();

    /// `host`, of which only the form is checked.
    std::string_view host();

private:
    std::string_view text_;
    std::size_t at_ = 0;
};

}  // namespace reginfo::sip
