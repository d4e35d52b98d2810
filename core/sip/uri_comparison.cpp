#include "core/sip/uri_comparison.hpp"

#include "core/base/address.hpp"
#include "core/sip/grammar.hpp"
#include "core/sip/headers.hpp"
#include "core/sip/writer.hpp"

#include <algorithm>
#include <compare>
#include <cstddef>
#include <utility>
#include <vector>

namespace reginfo::sip {

namespace {

enum class Case : std::uint8_t { kept, lower };

/// Appends the text with unreserved characters unescaped and all other escapes in upper case, so
/// that equal texts are equal bytes. A reserved character differs from its escape (RFC 2396 §2.2);
/// all other characters exist as escapes only.
void append_normal(std::string& out, std::string_view text, Case letters) {
    const bool is_normal = letters == Case::kept && text.find('%') == std::string_view::npos;
    if (is_normal) {
        out += text;
        return;
    }
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (c == '%' && text.size() - i > 2) {
            const auto code =
                static_cast<unsigned char>(hex_value(text[i + 1]) << 4 | hex_value(text[i + 2]));
            i += 2;
            c = static_cast<char>(code);
            if (!is(Chars::unreserved, c)) {
                out += '%';
                out += "0123456789ABCDEF"[code >> 4];
                out += "0123456789ABCDEF"[code & 0xF];
                continue;
            }
        }
        out += letters == Case::lower ? lower(c) : c;
    }
}

/// Appends the host in lower case, without the dot of the root; an IPv6 address as RFC 5952 §4 has
/// it.
void append_host(std::string& out, std::string_view host) {
    if (host.starts_with('[')) {
        if (const auto address = IpAddress::parse(host)) {
            // A mapped IPv4 address is not the IPv4 address: it has another text and other sockets.
            out +=
                address->is_v4() ? "[::ffff:" + address->to_string() + ']' : address->to_uri_host();
            return;
        }
    }
    if (host.ends_with('.')) host.remove_suffix(1);
    const auto begin = static_cast<std::ptrdiff_t>(out.size());
    out += host;
    std::transform(out.begin() + begin, out.end(), out.begin() + begin, lower);
}

void append_hostport(std::string& out, const Uri& uri) {
    append_host(out, uri.host);
    if (uri.port == 0) return;
    out += ':';
    append_number(out, uri.port);
}

void append_digits(std::string& out, std::string_view number) {
    for (const char c : number) {
        if (!is(Chars::visual, c)) out += lower(c);
    }
}

/// A parameter or URI header in its normal form, "name" or "name=value".
struct Item {
    std::string text;
    std::size_t name_size = 0;

    std::string_view name() const { return std::string_view(text).substr(0, name_size); }
    friend auto operator<=>(const Item& a, const Item& b) {
        return std::pair(a.name(), std::string_view(a.text)) <=>
               std::pair(b.name(), std::string_view(b.text));
    }
};

using Items = std::vector<Item>;

/// The parts of `text` between separators in their normal form, sorted by name. Empty parts are
/// dropped.
Items items_of(std::string_view text, char separator) {
    Items items;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(separator), text.size());
        const std::string_view part = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (part.empty()) continue;
        const std::size_t equal = std::min(part.find('='), part.size());
        Item item;
        append_normal(item.text, part.substr(0, equal), Case::lower);
        item.name_size = item.text.size();
        const std::string_view value = part.substr(equal);
        // The phone-context of a number may hold visual separators as the number does (RFC 3966
        // §4).
        if (item.text == "phone-context" && value.starts_with("=+")) {
            append_digits(item.text, value);
        } else {
            append_normal(item.text, value, Case::lower);
        }
        items.push_back(std::move(item));
    }
    std::sort(items.begin(), items.end());
    return items;
}

void append_items(std::string& out, const Items& items, char first, char separator) {
    for (const Item& item : items) {
        out += first;
        out += item.text;
        first = separator;
    }
}

/// Appends the part of the URI before its parameters.
void append_normal_address(std::string& out, const Uri& uri) {
    if (uri.scheme == Uri::Scheme::tel) {
        out += "tel:";
        append_digits(out, uri.user);
        return;
    }
    out += uri.scheme == Uri::Scheme::sips ? "sips:" : "sip:";
    if (!uri.user.empty()) {
        append_normal(out, uri.user, Case::kept);
        if (!uri.password.empty()) {
            out += ':';
            append_normal(out, uri.password, Case::kept);
        }
        out += '@';
    }
    append_hostport(out, uri);
}

}  // namespace

std::optional<std::string> canonical_aor(const Uri& uri) {
    std::string out;
    if (!write_canonical_aor(out, uri)) return std::nullopt;
    return out;
}

bool write_canonical_aor(std::string& out, const Uri& uri) {
    out.clear();
    if (uri.scheme == Uri::Scheme::other) return false;
    out.reserve(uri.user.size() + uri.host.size() + 16);
    if (uri.is_sip()) {
        out = "sip:";
        if (!uri.user.empty()) {
            append_normal(out, uri.user, Case::kept);
            out += '@';
        }
        append_hostport(out, uri);
        return true;
    }
    out = "tel:";
    append_digits(out, uri.user);
    if (uri.user.starts_with('+')) return true;  // a global number has no context
    if (const auto context = find_param(uri.params, "phone-context")) {
        out += ";phone-context=";
        context->starts_with('+') ? append_digits(out, *context)
                                  : append_normal(out, *context, Case::lower);
    }
    return true;
}

void append_canonical_contact(std::string& out, std::string_view text, const Uri& uri) {
    if (uri.scheme == Uri::Scheme::other) {
        out += text;
        return;
    }
    append_normal_address(out, uri);
    if (!uri.params.empty()) append_items(out, items_of(uri.params, ';'), ';', ';');
    if (!uri.headers.empty()) append_items(out, items_of(uri.headers, '&'), '?', '&');
}

}  // namespace reginfo::sip
