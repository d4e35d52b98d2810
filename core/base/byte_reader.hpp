/// @file
/// Numbers and texts from the bytes of a record.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace reginfo {

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
