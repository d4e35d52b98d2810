/// @file
/// The values of a header field that may be a list (RFC 3261 §7.3.1).
#pragma once

#include "core/sip/message.hpp"

#include <cstddef>
#include <optional>
#include <string_view>

namespace reginfo::sip {

/// Walks the comma-separated values of one field or of all fields of one name in order. Commas in
/// quoted strings and angle brackets do not separate. Values have no white space around them. Empty
/// values are skipped.
class ValueList {
public:
    ValueList(const Message& message, HeaderName name) : name_(name) {
        if (message.count(name) == 0) return;
        message_ = &message;
        field_ = message.position(name);
    }
    explicit ValueList(std::string_view value) : rest_(value) {}

    /// The next value; nothing at the end.
    std::optional<std::string_view> next();

private:
    const Message* message_ = nullptr;
    HeaderName name_ = HeaderName::other;
    std::size_t field_ = 0;
    std::string_view rest_;
};

}  // namespace reginfo::sip
