/// @file
/// Content-Length (RFC 3261 §20.14).
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace reginfo::sip {

/// Collects the Content-Length fields of one message (RFC 3261 §20.14).
class ContentLength {
public:
    void add(std::string_view value);

    bool is_bad() const { return bad_; }  ///< not a number up to 2^32 - 1, or two different ones
    std::optional<std::size_t> value() const { return value_; }

private:
    std::optional<std::size_t> value_;
    bool bad_ = false;
};

}  // namespace reginfo::sip
