/// @file
/// Numbers in hexadecimal digits, as tags, branches, entity-tags and ids are written.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace reginfo {

/// A number as sixteen lower-case hexadecimal digits.
class HexText {
public:
    explicit HexText(std::uint64_t number);

    operator std::string_view() const { return {digits_.data(), digits_.size()}; }  // NOLINT
    std::string text() const { return std::string(std::string_view(*this)); }

private:
    std::array<char, 16> digits_;
};

/// Appends lower-case hexadecimal digits of the number, `digits` of them from the lowest.
void append_hex(std::string& out, std::uint64_t number, int digits = 16);

/// The number that sixteen hexadecimal digits are, in either case; nothing for any other text.
std::optional<std::uint64_t> parse_hex(std::string_view text);

}  // namespace reginfo
