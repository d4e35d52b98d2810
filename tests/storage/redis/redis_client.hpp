/// @file
/// A connection to a Redis that waits for each reply.
#pragma once

#include "core/storage/redis/redis_protocol.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace reginfo::test {

class RedisClient {
public:
    /// @throw std::runtime_error  nobody listens
    explicit RedisClient(const std::string& socket);
    ~RedisClient();
    RedisClient(const RedisClient&) = delete;
    RedisClient& operator=(const RedisClient&) = delete;

    /// @throw std::runtime_error  there is no reply within ten seconds
    RedisReply call(const std::vector<std::string>& words);

    /// The next reply, or the next message of a channel.
    RedisReply receive();

private:
    int socket_;
    RedisReplyReader reader_;
};

}  // namespace reginfo::test
