/// @file
/// Letters of ASCII without regard to case, whatever the locale is.
#pragma once

#include <string>
#include <string_view>

namespace reginfo {

constexpr char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

constexpr char upper(char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c;
}

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

constexpr bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// The text without spaces and tabs at its ends.
std::string_view without_blanks(std::string_view text);

/// The text with a to z for A to Z.
std::string lower_case(std::string_view text);

/// The text with A to Z for a to z.
std::string upper_case(std::string_view text);

/// The same for texts of one length that are not equal.
bool differ_in_case_only(std::string_view a, std::string_view b);

/// Whether the texts differ in nothing but the case of letters. Most that are compared differ in
/// length, or in nothing.
inline bool equal_ignoring_case(std::string_view a, std::string_view b) {
    return a.size() == b.size() && (a == b || differ_in_case_only(a, b));
}

}  // namespace reginfo
