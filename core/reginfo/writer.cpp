/// @file
/// Escaping, and the frame of a reginfo document for a watcher.

#include "core/reginfo/writer.hpp"

#include "core/base/find_byte.hpp"

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>

namespace reginfo {
namespace {

constexpr std::string_view escape_of(char c) {
    switch (c) {
        case '&':
            return "&amp;";
        case '<':
            return "&lt;";
        case '>':
            return "&gt;";
        case '"':
            return "&quot;";
        case '\t':
            return "&#9;";
        case '\n':
            return "&#10;";
        case '\r':
            return "&#13;";
        default:
            return {};
    }
}

constexpr auto kEscaped = [](auto c) {
    return c == +'&' || c == +'<' || c == +'>' || c == +'"' || c == +'\t' || c == +'\n' ||
           c == +'\r';
};

}  // namespace

void append_escaped(std::string& out, std::string_view text) {
    for (std::size_t at = 0;;) {
        const std::size_t next = find_byte(text, at, kEscaped);
        out.append(text, at, next - at);
        if (next == text.size()) return;
        out += escape_of(text[next]);
        at = next + 1;
    }
}

std::string_view escaped(std::string_view text, std::string& scratch) {
    if (find_byte(text, 0, kEscaped) == text.size()) return text;
    scratch.clear();
    append_escaped(scratch, text);
    return scratch;
}

void append_document_head(std::string& out, std::uint32_t version, bool full) {
    std::array<char, 10> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), version).ptr;

    out += R"(<?xml version="1.0" encoding="UTF-8"?><reginfo xmlns=")";
    out += kReginfoNamespace;
    out += R"(" version=")";
    out.append(digits.data(), end);
    out += full ? R"(" state="full">)" : R"(" state="partial">)";
}

void append_document_end(std::string& out) { out += "</reginfo>"; }

void append_registration_head(
    std::string& out,
    std::string_view aor,
    std::string_view id,
    RegistrationState state
) {
    out += R"(<registration aor=")";
    append_escaped(out, aor);
    out += R"(" id=")";
    append_escaped(out, id);
    out += R"(" state=")";
    out += text_of(state);
    out += R"(">)";
}

void append_registration_end(std::string& out) { out += "</registration>"; }

}  // namespace reginfo
