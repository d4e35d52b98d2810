/// @file
/// Escaping, and the frame of a reginfo document as a watcher gets it.

#include "core/reginfo/writer.hpp"

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

constexpr std::array<std::uint8_t, 256> kIsEscaped = [] {
    std::array<std::uint8_t, 256> table{};
    for (const char c : {'&', '<', '>', '"', '\t', '\n', '\r'}) {
        table[static_cast<unsigned char>(c)] = 1;
    }
    return table;
}();

std::size_t first_escaped(std::string_view text) {
    std::size_t i = 0;
    const auto at = [&](std::size_t k) {
        return kIsEscaped[static_cast<unsigned char>(text[i + k])];
    };
    while (text.size() - i >= 4 && (at(0) | at(1) | at(2) | at(3)) == 0) i += 4;
    while (i < text.size() && at(0) == 0) ++i;
    return i;
}

}  // namespace

void append_escaped(std::string& out, std::string_view text) {
    std::size_t copied = 0;
    for (std::size_t i = first_escaped(text); i < text.size(); ++i) {
        if (kIsEscaped[static_cast<unsigned char>(text[i])] == 0) continue;
        out.append(text, copied, i - copied);
        out += escape_of(text[i]);
        copied = i + 1;
    }
    out.append(text, copied);
}

std::string_view escaped(std::string_view text, std::string& scratch) {
    if (first_escaped(text) == text.size()) return text;
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
