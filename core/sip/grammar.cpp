/// @file
/// The tables of the character classes, and the longer scanners.
#include "core/sip/grammar.hpp"

#include "core/base/find_byte.hpp"
#include "core/base/numbers.hpp"

#include <algorithm>
#include <cassert>

namespace reginfo::sip {

namespace {

using Table = std::array<std::uint16_t, 256>;

constexpr std::string_view kAlpha = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::string_view kDigit = "0123456789";
constexpr std::string_view kMark = "-_.!~*'()";

constexpr void add(Table& table, Chars set, std::string_view characters) {
    for (const char c : characters) {
        std::uint16_t& entry = table[static_cast<unsigned char>(c)];
        entry = static_cast<std::uint16_t>(entry | static_cast<std::uint16_t>(set));
    }
}

constexpr void add_range(Table& table, Chars set, unsigned first, unsigned last) {
    for (unsigned c = first; c <= last; ++c) {
        table[c] = static_cast<std::uint16_t>(table[c] | static_cast<std::uint16_t>(set));
    }
}

constexpr void remove(Table& table, Chars set, std::string_view characters) {
    for (const char c : characters) {
        std::uint16_t& entry = table[static_cast<unsigned char>(c)];
        entry = static_cast<std::uint16_t>(entry & ~static_cast<std::uint16_t>(set));
    }
}

constexpr Table make_table() {
    Table table{};
    add(table, Chars::alpha, kAlpha);
    add(table, Chars::digit, kDigit);
    add(table, Chars::hexdig, "0123456789abcdefABCDEF");
    add(table, Chars::lws, " \t\r\n");
    add(table, Chars::visual, "-.()");
    for (const Chars set :
         {Chars::token,
          Chars::unreserved,
          Chars::user,
          Chars::password,
          Chars::param,
          Chars::header,
          Chars::host,
          Chars::uri,
          Chars::display}) {
        add(table, set, kAlpha);
        add(table, set, kDigit);
    }
    for (const Chars set :
         {Chars::unreserved, Chars::user, Chars::password, Chars::param, Chars::header, Chars::uri
         }) {
        add(table, set, kMark);
    }
    add(table, Chars::token, "-.!%*_+`'~");
    add(table, Chars::display, "-.!%*_+`'~ \t\r\n");
    add_range(table, Chars::display, 0x80, 0xFF);
    add(table, Chars::user, "&=+$,;?/");
    add(table, Chars::password, "&=+$,");
    add(table, Chars::param, "[]/:&+$");
    add(table, Chars::header, "[]/?:+$=&");
    add(table, Chars::host, "-._");
    add(table, Chars::uri, ":/?#[]@$&+,;=");
    add_range(table, Chars::gen_value, 0x21, 0xFF);
    remove(table, Chars::gen_value, ";,\"<>=\x7F");
    return table;
}

// For texts that are long and in every message: several characters are compared at a time.
constexpr auto kNotInAddr = [](auto c) {
    return c <= +' ' || c == +'<' || c == +'>' || c == +'"' || c == 0x7F;
};
constexpr auto kNotInValue = [](auto c) { return kNotInAddr(c) || c == +';' || c == +','; };

bool is_hostname(std::string_view text) {
    if (text.ends_with('.')) text.remove_suffix(1);
    bool label_is_number = true;
    char before = '.';
    for (const char c : text) {
        if (!is(Chars::host, c)) return false;
        if (c == '.') {
            if (before == '.' || before == '-') return false;
            label_is_number = true;
        } else {
            if (c == '-' && before == '.') return false;
            if (!is(Chars::digit, c)) label_is_number = false;
        }
        before = c;
    }
    return before != '.' && before != '-' && !label_is_number;
}

}  // namespace

constinit const std::array<std::uint16_t, 256> kCharClasses = make_table();

bool is_addr(std::string_view text) {
    return !text.empty() && find_byte(text, 0, kNotInAddr) == text.size();
}

bool consists_of_or_escaped(Chars set, std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (is(set, text[i])) continue;
        const bool escaped = text[i] == '%' && text.size() - i > 2 &&
                             is(Chars::hexdig, text[i + 1]) && is(Chars::hexdig, text[i + 2]);
        if (!escaped) return false;
        i += 2;
    }
    return true;
}

unsigned hex_value(char c) {
    assert(is(Chars::hexdig, c));
    return is(Chars::digit, c) ? static_cast<unsigned>(c - '0')
                               : static_cast<unsigned>(lower(c) - 'a' + 10);
}

bool is_host(std::string_view text) {
    std::optional<IpAddress> literal;
    return is_host(text, literal);
}

bool is_host(std::string_view text, std::optional<IpAddress>& literal) {
    literal.reset();
    if (text.empty()) return false;
    const bool bracketed = text.front() == '[';
    if (!bracketed && !is(Chars::digit, text.back())) return is_hostname(text);
    const bool has_colon = text.find(':') != std::string_view::npos;
    if (bracketed == has_colon) literal = IpAddress::parse(text);
    return literal || (!bracketed && is_hostname(text));
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
    const auto port = parse_number<std::uint16_t>(text);
    return port && *port != 0 ? port : std::nullopt;
}

std::size_t find_control(std::string_view text, std::size_t from) {
    return find_byte(text, from, [](auto c) { return c < 0x0E; });
}

std::string_view Scanner::take_until(char c) {
    const std::size_t begin = at_;
    const std::size_t found = text_.find(c, at_);
    at_ = found == std::string_view::npos ? text_.size() : found;
    return since(begin);
}

std::string_view Scanner::take_value() {
    const std::size_t begin = at_;
    at_ = find_byte(text_, at_, kNotInValue);
    return since(begin);
}

std::optional<std::string_view> Scanner::quoted_string() {
    if (peek() != '"') return std::nullopt;
    for (std::size_t i = at_ + 1; i < text_.size(); ++i) {
        if (text_[i] == '\\') {
            ++i;
        } else if (text_[i] == '"') {
            const std::size_t begin = at_;
            at_ = i + 1;
            return since(begin);
        }
    }
    return std::nullopt;
}

std::string_view Scanner::host() {
    if (peek() != '[') return take(Chars::host);
    const std::size_t begin = at_;
    const std::size_t end = text_.find(']', at_);
    if (end == std::string_view::npos) return {};
    at_ = end + 1;
    return since(begin);
}

}  // namespace reginfo::sip
