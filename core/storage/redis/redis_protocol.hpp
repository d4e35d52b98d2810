/// @file
/// The protocol of Redis, RESP2: commands to bytes, bytes to replies. No I/O.
#pragma once

#include "core/storage/redis/redis_reply.hpp"

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

struct redisReader;

namespace reginfo {

/// Appends a command to what is to be sent. @pre there is at least its name
void append_redis_command(std::string& out, std::span<const std::string_view> words);
void append_redis_command(std::string& out, std::initializer_list<std::string_view> words);

/// Reads replies from the bytes of one connection, in whatever pieces they come. After an error
/// nothing more is read: the connection is of no use.
class RedisReplyReader {
public:
    /// Bounds for a single reply: whoever answers on that port may not be Redis.
    struct Bounds {
        std::size_t bytes = std::size_t{64} << 20U;
        std::size_t items = std::size_t{1} << 18U;  ///< lists included, at any depth
        int depth = 6;                              ///< lists within lists
    };

    RedisReplyReader();
    explicit RedisReplyReader(const Bounds& bounds);
    ~RedisReplyReader();
    RedisReplyReader(RedisReplyReader&&) noexcept;
    RedisReplyReader& operator=(RedisReplyReader&&) noexcept;

    void add(std::string_view bytes);

    /// The next whole reply; nothing if more bytes are needed, or after an error.
    std::optional<RedisReply> next();

    /// One line: why these bytes are no replies. Empty if they are.
    const std::string& error() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace reginfo
