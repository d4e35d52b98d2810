/// @file
/// Numbers from decimal text.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>
#include <system_error>

namespace reginfo {

/// The number that the whole text is, without blanks and without a plus sign; nothing if the text
/// is anything else, or the number does not fit.
template <class Number>
std::optional<Number> parse_number(std::string_view text) {
    Number number{};
    const char* const end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc{} || at != end) return std::nullopt;
    return number;
}

/// The number up to `max` that the whole text is; nothing if it is anything else.
inline std::optional<std::uint64_t> parse_number(std::string_view text, std::uint64_t max) {
    const auto number = parse_number<std::uint64_t>(text);
    return number && *number <= max ? number : std::nullopt;
}

/// The same, where a number above `max` counts as `max`, however many digits it has.
inline std::optional<std::uint64_t> parse_saturating(std::string_view text, std::uint64_t max) {
    std::uint64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data(), end, number);
    if (error == std::errc::invalid_argument || at != end) return std::nullopt;
    return error == std::errc{} && number < max ? number : max;
}

}  // namespace reginfo
