/// @file
/// Characters, references and line ends of XML 1.0.

#include "core/reginfo/xml_text.hpp"

#include "core/base/find_byte.hpp"

#include <algorithm>
#include <array>
#include <cassert>

namespace reginfo::xml {
namespace {

constexpr char32_t kMaxCode = 0x10FFFF;

struct Range {
    char32_t first;
    char32_t last;
};

// Production 4, less the colon.
constexpr Range kNameStart[] = {
    {'A', 'Z'},
    {'_', '_'},
    {'a', 'z'},
    {0xC0, 0xD6},
    {0xD8, 0xF6},
    {0xF8, 0x2FF},
    {0x370, 0x37D},
    {0x37F, 0x1FFF},
    {0x200C, 0x200D},
    {0x2070, 0x218F},
    {0x2C00, 0x2FEF},
    {0x3001, 0xD7FF},
    {0xF900, 0xFDCF},
    {0xFDF0, 0xFFFD},
    {0x10000, 0xEFFFF},
};

// The additional characters of production 4a.
constexpr Range kNameMore[] = {
    {'-', '.'},
    {'0', '9'},
    {0xB7, 0xB7},
    {0x300, 0x36F},
    {0x203F, 0x2040},
};

template <std::size_t N>
constexpr bool contains(const Range (&ranges)[N], char32_t code) {
    return std::any_of(std::begin(ranges), std::end(ranges), [code](const Range& range) {
        return code >= range.first && code <= range.last;
    });
}

struct Entity {
    std::string_view name;
    char32_t code;
};

constexpr Entity kEntities[] = {
    {"amp", '&'},
    {"lt", '<'},
    {"gt", '>'},
    {"quot", '"'},
    {"apos", '\''},
};

void append_utf8(std::string& out, char32_t code) {
    const auto put = [&out](char32_t byte) { out += static_cast<char>(byte); };
    const auto put_tail = [&](int shift) { put(0x80 | ((code >> shift) & 0x3F)); };
    if (code < 0x80) {
        put(code);
    } else if (code < 0x800) {
        put(0xC0 | (code >> 6));
        put_tail(0);
    } else if (code < 0x10000) {
        put(0xE0 | (code >> 12));
        put_tail(6);
        put_tail(0);
    } else {
        put(0xF0 | (code >> 18));
        put_tail(12);
        put_tail(6);
        put_tail(0);
    }
}

constexpr int kNoDigit = 16;

int digit_of(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return kNoDigit;
}

// `text` begins with &#. The code saturates above kMaxCode, so no number of digits overflows.
Reference parse_character_reference(std::string_view text) {
    const bool hexadecimal = text.size() > 2 && text[2] == 'x';
    const int base = hexadecimal ? 16 : 10;
    const std::size_t first = hexadecimal ? 3 : 2;

    char32_t code = 0;
    std::size_t i = first;
    for (; i < text.size(); ++i) {
        const int digit = digit_of(text[i]);
        if (digit >= base) break;
        code = std::min(
            code * static_cast<char32_t>(base) + static_cast<char32_t>(digit), kMaxCode + 1
        );
    }
    if (i == first || i == text.size() || text[i] != ';') {
        return {.error = "reginfo: malformed character reference"};
    }
    if (!is_char(code)) return {.error = "reginfo: reference to a character not allowed in XML"};
    return {code, i + 1, nullptr};
}

// Characters to replace in an attribute. The only control characters in it are white space.
constexpr auto kSpecialInValue = [](auto c) { return c == +'&' || c < 0x20; };
constexpr auto kSpecialInText = [](auto c) { return c == +'&' || c == +'\r'; };
constexpr auto kSpecialInCdata = [](auto c) { return c == +'\r'; };

// The number of bytes of a line end: CR LF, CR or LF.
std::size_t line_end_at(std::string_view raw, std::size_t at) {
    return raw.substr(at, 2) == "\r\n" ? 2 : 1;
}

std::size_t append_reference(std::string& out, std::string_view raw, std::size_t at) {
    const Reference reference = parse_reference(raw.substr(at));
    assert(!reference.error);
    append_utf8(out, reference.code);
    return at + reference.size;
}

}  // namespace

bool is_char(char32_t code) {
    if (code < 0x20) return code == '\t' || code == '\n' || code == '\r';
    return code <= 0xD7FF || (code >= 0xE000 && code <= 0xFFFD) ||
           (code >= 0x10000 && code <= kMaxCode);
}

bool is_name_start(char32_t code) { return contains(kNameStart, code); }

bool is_name_char(char32_t code) { return is_name_start(code) || contains(kNameMore, code); }

Decoded decode_utf8(std::string_view text) {
    assert(!text.empty());
    const auto byte = [text](std::size_t i) -> char32_t {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
    };
    const auto is_tail = [&byte](std::size_t i) { return (byte(i) & 0xC0) == 0x80; };
    const auto tail = [&byte](std::size_t i) { return byte(i) & 0x3F; };
    constexpr Decoded kMalformed{0, 0};

    const char32_t head = byte(0);
    if (head < 0x80) return {head, 1};
    if (head < 0xC2) return kMalformed;
    if (!is_tail(1)) return kMalformed;
    if (head < 0xE0) return {(head & 0x1F) << 6 | tail(1), 2};
    if (!is_tail(2)) return kMalformed;
    if (head < 0xF0) {
        const char32_t code = (head & 0x0F) << 12 | tail(1) << 6 | tail(2);
        const bool is_surrogate = code >= 0xD800 && code <= 0xDFFF;
        return code < 0x800 || is_surrogate ? kMalformed : Decoded{code, 3};
    }
    if (!is_tail(3)) return kMalformed;
    const char32_t code = (head & 0x07) << 18 | tail(1) << 12 | tail(2) << 6 | tail(3);
    return head > 0xF4 || code < 0x10000 || code > kMaxCode ? kMalformed : Decoded{code, 4};
}

Reference parse_reference(std::string_view text) {
    assert(text.starts_with('&'));
    if (text.size() > 1 && text[1] == '#') return parse_character_reference(text);

    for (const Entity& entity : kEntities) {
        const std::size_t end = 1 + entity.name.size();
        if (text.substr(1).starts_with(entity.name) && text.size() > end && text[end] == ';') {
            return {entity.code, end + 1, nullptr};
        }
    }
    std::size_t i = 1;
    while (i < text.size()) {
        const Decoded next = decode_utf8(text.substr(i));
        if (next.size == 0 || !(i == 1 ? is_name_start(next.code) : is_name_char(next.code))) break;
        i += next.size;
    }
    const bool is_entity = i > 1 && i < text.size() && text[i] == ';';
    return {.error = is_entity ? "reginfo: unknown entity" : "reginfo: & that is not escaped"};
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

std::string_view attribute_value(std::string_view raw, std::string& scratch) {
    std::size_t at = find_byte(raw, 0, kSpecialInValue);
    if (at == raw.size()) return raw;

    scratch.assign(raw, 0, at);
    while (at < raw.size()) {
        if (raw[at] == '&') {
            at = append_reference(scratch, raw, at);
        } else {
            scratch += ' ';
            at += line_end_at(raw, at);
        }
        const std::size_t next = find_byte(raw, at, kSpecialInValue);
        scratch.append(raw, at, next - at);
        at = next;
    }
    return scratch;
}

bool is_plain_text(std::string_view raw) { return find_byte(raw, 0, kSpecialInText) == raw.size(); }

void append_text(std::string& out, std::string_view raw, bool cdata) {
    std::size_t at = 0;
    while (at < raw.size()) {
        const std::size_t next =
            cdata ? find_byte(raw, at, kSpecialInCdata) : find_byte(raw, at, kSpecialInText);
        out.append(raw, at, next - at);
        at = next;
        if (at == raw.size()) return;
        if (raw[at] == '&') {
            at = append_reference(out, raw, at);
        } else {
            out += '\n';
            at += line_end_at(raw, at);
        }
    }
}

}  // namespace reginfo::xml
