#include "core/sip/uri.hpp"

#include "core/base/ascii.hpp"
#include "core/sip/grammar.hpp"
#include "core/sip/headers.hpp"
#include "core/sip/param_reader.hpp"

#include <algorithm>

namespace reginfo::sip {

namespace {

constexpr auto kNone = std::string_view::npos;

/// Cuts the text behind the first `separator` off. False if there is a separator with nothing
/// behind it.
bool cut(std::string_view& text, char separator, std::string_view& after) {
    const std::size_t at = text.find(separator);
    if (at == kNone) return true;
    after = text.substr(at + 1);
    text = text.substr(0, at);
    return !after.empty();
}

/// `uri-parameters` (RFC 3261 §25.1) and tel's `par` (RFC 3966 §3), from behind the first ';'. An
/// '=' without a value is accepted.
bool are_params(std::string_view params) {
    std::size_t name = 0;  // its length so far
    bool in_value = false;
    for (std::size_t i = 0; i < params.size(); ++i) {
        const char c = params[i];
        if (is(Chars::param, c)) {
            ++name;
        } else if (c == ';' || (c == '=' && !in_value)) {
            if (name == 0) return false;
            in_value = c == '=';
            if (!in_value) name = 0;
        } else if (c == '%' && consists_of_or_escaped(Chars::param, params.substr(i, 3))) {
            i += 2;
            ++name;
        } else {
            return false;
        }
    }
    return name > 0;
}

/// userinfo without '@': `( user / telephone-subscriber ) [ ":" password ]`.
bool parse_userinfo(std::string_view text, Uri& uri) {
    const std::size_t colon = text.find(':');
    uri.user = text.substr(0, colon);
    if (colon != kNone) uri.password = text.substr(colon + 1);
    return !uri.user.empty() && consists_of_or_escaped(Chars::user, uri.user) &&
           consists_of_or_escaped(Chars::password, uri.password);
}

/// `hostport`.
bool parse_hostport(std::string_view text, Uri& uri) {
    Scanner scanner(text);
    uri.host = scanner.host();
    if (!is_host(uri.host)) return false;
    if (scanner.at_end()) return true;
    if (!scanner.accept(':')) return false;
    const auto port = parse_port(scanner.rest());
    uri.port = port.value_or(0);
    return port.has_value();
}

bool parse_sip(std::string_view rest, Uri& uri) {
    const std::size_t at = rest.find('@');
    if (at != kNone) {
        if (!parse_userinfo(rest.substr(0, at), uri)) return false;
        rest.remove_prefix(at + 1);
    }
    if (!cut(rest, '?', uri.headers) || !cut(rest, ';', uri.params)) return false;
    return parse_hostport(rest, uri) && (uri.params.empty() || are_params(uri.params)) &&
           consists_of_or_escaped(Chars::header, uri.headers);
}

/// `telephone-subscriber` of RFC 3966 §3. A local number may lack its phone-context: many do.
bool parse_tel(std::string_view rest, Uri& uri) {
    if (!cut(rest, ';', uri.params)) return false;
    uri.user = rest;
    const bool global = rest.starts_with('+');
    if (global) rest.remove_prefix(1);
    bool has_digit = false;
    for (const char c : rest) {
        const bool digit =
            is(global ? Chars::digit : Chars::hexdig, c) || (!global && (c == '*' || c == '#'));
        if (!digit && !is(Chars::visual, c)) return false;
        has_digit = has_digit || digit;
    }
    return has_digit && (uri.params.empty() || are_params(uri.params));
}

Uri::Scheme scheme_of(std::string_view text) {
    if (equal_ignoring_case(text, "sip")) return Uri::Scheme::sip;
    if (equal_ignoring_case(text, "sips")) return Uri::Scheme::sips;
    if (equal_ignoring_case(text, "tel")) return Uri::Scheme::tel;
    return Uri::Scheme::other;
}

bool is_scheme(std::string_view text) {
    if (text.empty() || !is(Chars::alpha, text.front())) return false;
    return std::all_of(text.begin(), text.end(), [](char c) {
        return is(Chars::alpha, c) || is(Chars::digit, c) || c == '+' || c == '-' || c == '.';
    });
}

}  // namespace

std::optional<Uri> parse_uri(std::string_view text) {
    const std::size_t colon = text.find(':');
    if (colon == kNone || !is_scheme(text.substr(0, colon))) return std::nullopt;
    Uri uri;
    uri.scheme_text = text.substr(0, colon);
    uri.scheme = scheme_of(uri.scheme_text);
    const std::string_view rest = text.substr(colon + 1);
    if (rest.empty()) return std::nullopt;
    bool good = false;
    switch (uri.scheme) {
        case Uri::Scheme::sip:
        case Uri::Scheme::sips:
            good = parse_sip(rest, uri);
            break;
        case Uri::Scheme::tel:
            good = parse_tel(rest, uri);
            break;
        case Uri::Scheme::other:
            uri.user = rest;
            good = consists_of_or_escaped(Chars::uri, rest);
            break;
    }
    if (!good) return std::nullopt;
    return uri;
}

std::optional<std::string_view> find_param(std::string_view params, std::string_view name) {
    if (params.empty()) return std::nullopt;
    ParamReader reader(params);
    while (const auto param = reader.next()) {
        if (equal_ignoring_case(param->name, name)) return param->value;
    }
    return std::nullopt;
}

}  // namespace reginfo::sip
