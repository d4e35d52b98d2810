/// @file
/// Numbers and texts as bytes, for records in a store.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace reginfo {

/// Appends values. Numbers are LEB128 (fixed ones little-endian); signed numbers are folded so that
/// small magnitudes stay short; a text has its length before it.
class ByteWriter {
public:
    ByteWriter& number(std::uint64_t value);
    ByteWriter& signed_number(std::int64_t value);
    ByteWriter& fixed(std::uint64_t value);  ///< in eight bytes, for numbers that are seldom small
    ByteWriter& text(std::string_view value);
    ByteWriter& flag(bool value) { return number(value ? 1 : 0); }

    std::string take() { return std::move(bytes_); }

private:
    std::string bytes_;
};

}  // namespace reginfo
