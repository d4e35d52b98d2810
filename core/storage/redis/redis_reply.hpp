/// @file
/// A reply of Redis as a value.
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reginfo {

/// What Redis answers in RESP2, its protocol without HELLO.
struct RedisReply {
    enum class Kind : std::uint8_t { nil, status, error, text, number, list };

    Kind kind = Kind::nil;
    std::string text = {};               ///< of a status, an error or a text
    std::int64_t number = 0;             ///< of a number
    std::vector<RedisReply> items = {};  ///< of a list

    bool is_error() const { return kind == Kind::error; }
    /// Whether it is an error whose first word is this: the words are stable, the rest is for
    /// people.
    bool is_error(std::string_view first_word) const;
    bool is_error_of(std::initializer_list<std::string_view> words) const {
        return std::ranges::any_of(words, [&](std::string_view word) { return is_error(word); });
    }

    /// The text of a status or a text; nothing otherwise.
    std::optional<std::string_view> text_value() const;
    /// A number, or a text that is one; nothing otherwise.
    std::optional<std::int64_t> number_value() const;
    /// The item after this name, of a list that goes name, item, name, item; nullptr if there is
    /// none.
    const RedisReply* find(std::string_view name) const;

    friend bool operator==(const RedisReply&, const RedisReply&) = default;
};

}  // namespace reginfo
