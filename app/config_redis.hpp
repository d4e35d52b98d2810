/// @file
/// Fields of the keys of a Redis and of the nodes on it.
#pragma once

#include "app/config_texts.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace reginfo::fields {

/// "HOST:PORT", IPv6 in brackets.
inline bool is_redis_host(std::string_view text) {
    const auto server = parse_advertised(text);
    return server && server->port != 0;
}

inline bool is_redis_socket(std::string_view text) {
    constexpr std::string_view kScheme = "unix:";
    constexpr std::size_t kPathMax = 107;  // sockaddr_un
    if (!text.starts_with(kScheme) || !is_printable(text)) return false;
    const std::string_view path = text.substr(kScheme.size());
    return path.starts_with('/') && path.size() > 1 && path.size() <= kPathMax;
}

/// As the function library wants it.
inline bool is_cluster_name(std::string_view text) {
    constexpr std::string_view kAllowed =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    return text.size() <= 64 && text.find_first_not_of(kAllowed) == std::string_view::npos;
}

inline constexpr Field kRedisServers = ListField{
    [](const Config& c) { return c.redis.link.servers; },
    [](Config& c) { c.redis.link.servers.clear(); },
    [](Config& c, const std::string& text) {
        if (!is_redis_host(text) && !is_redis_socket(text)) {
            return std::string("is no address of a Redis");
        }
        c.redis.link.servers.push_back(text);
        return std::string();
    },
    "an array of \"HOST:PORT\" (IPv6 in brackets) or \"unix:/PATH\"",
    "",
    "\"HOST:PORT\" (IPv6 in brackets) or \"unix:/PATH\""
};

inline constexpr Field kRedisSentinels = ListField{
    [](const Config& c) { return c.redis.link.sentinels; },
    [](Config& c) { c.redis.link.sentinels.clear(); },
    [](Config& c, const std::string& text) {
        if (!is_redis_host(text)) return std::string("is no address of a Sentinel");
        c.redis.link.sentinels.push_back(text);
        return std::string();
    },
    "an array of \"HOST:PORT\" (IPv6 in brackets)",
    "",
    "\"HOST:PORT\" (IPv6 in brackets)"
};

inline constexpr Field kRedisMaster = TextField{
    [](const Config& c) { return c.redis.link.master; },
    [](Config& c, const std::string& text) {
        if (text.empty() || !is_cluster_name(text)) return false;
        return c.redis.link.master = text, true;
    },
    "a name of at most 64 letters, digits, \".\", \"_\" and \"-\""
};

inline constexpr Field kRedisUsername = TextField{
    [](const Config& c) { return c.redis.store.username; },
    [](Config& c, const std::string& text) {
        if (text.size() > kMaxText || !is_printable(text) || text.find(' ') != std::string::npos) {
            return false;
        }
        return c.redis.store.username = text, true;
    },
    "a text of at most 255 printable ASCII characters without blanks"
};

inline constexpr Field kRedisPassword = TextField{
    [](const Config& c) { return std::string(c.redis.store.password.empty() ? "" : "********"); },
    [](Config& c, const std::string& text) {
        const bool is_shown = text.starts_with("***");
        if (is_shown || text.size() > kMaxText || !is_printable(text)) return false;
        return c.redis.store.password = text, true;
    },
    "a text of at most 255 printable ASCII characters that does not begin with ***",
    true
};

/// The path of a file, or none.
template <class Access>
constexpr Field redis_file(Access) {
    return TextField{
        [](const Config& c) { return std::string(Access{}(c)); },
        [](Config& c, const std::string& text) {
            if (!is_path(text)) return false;
            return Access{}(c) = text, true;
        },
        "the path of a file, or an empty text"
    };
}

inline constexpr Field kClusterName = TextField{
    [](const Config& c) { return c.redis.store.cluster; },
    [](Config& c, const std::string& text) {
        if (text.empty() || !is_cluster_name(text)) return false;
        return c.redis.store.cluster = text, true;
    },
    "a name of at most 64 letters, digits, \".\", \"_\" and \"-\""
};

inline constexpr Field kClusterNode = TextField{
    [](const Config& c) { return c.redis.store.node; },
    [](Config& c, const std::string& text) {
        if (!is_cluster_name(text)) return false;
        return c.redis.store.node = text, true;
    },
    "a name of at most 64 letters, digits, \".\", \"_\" and \"-\", or an empty text"
};

}  // namespace reginfo::fields
