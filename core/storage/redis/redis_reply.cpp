/// @file

#include "core/storage/redis/redis_reply.hpp"

#include <charconv>
#include <cstddef>

namespace reginfo {

bool RedisReply::is_error(std::string_view first_word) const {
    if (kind != Kind::error || !text.starts_with(first_word)) return false;
    return text.size() == first_word.size() || text[first_word.size()] == ' ';
}

std::optional<std::string_view> RedisReply::text_value() const {
    if (kind != Kind::text && kind != Kind::status) return {};
    return text;
}

std::optional<std::int64_t> RedisReply::number_value() const {
    if (kind == Kind::number) return number;
    if (kind != Kind::text) return {};
    std::int64_t value = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc() || stop != end) return {};
    return value;
}

const RedisReply* RedisReply::find(std::string_view name) const {
    if (kind != Kind::list) return nullptr;
    for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
        if (items[i].text_value() == name) return &items[i + 1];
    }
    return nullptr;
}

}  // namespace reginfo
