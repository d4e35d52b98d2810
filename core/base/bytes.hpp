/// @file
/// Numbers and texts as bytes, for records in a store.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

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

/// Reads the bytes of a ByteWriter. After the first value that does not fit, all results are zero
/// or empty, and ok() is false.
class ByteReader {
public:
    explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

    std::uint64_t number();
    std::int64_t signed_number();
    std::uint64_t fixed();
    std::string_view text();
    bool flag() { return number() != 0; }
    /// A number of items still to be read, each of at least one byte.
    std::size_t count();

    /// Marks the bytes as bad, because a value made no sense.
    void spoil() {
        ok_ = false;
        rest_ = {};
    }
    bool ok() const { return ok_; }
    bool at_end() const { return rest_.empty(); }

private:
    std::string_view rest_;
    bool ok_ = true;
};

}  // namespace reginfo
