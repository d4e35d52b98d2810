/// @file
/// A connection at ModelRedis: bytes in, bytes out.
#pragma once

#include "core/storage/redis/redis_protocol.hpp"
#include "tests/storage/redis/model_redis.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace reginfo::test {

/// Commands are executed in order; a WAIT that replicas do not fulfil yet holds up those behind it.
class ModelClient {
public:
    /// @param redis  must outlive this
    explicit ModelClient(ModelRedis& redis) : redis_(redis) {}

    /// Bytes that have come. Nothing is executed before run().
    void add(std::string_view bytes);

    /// Executes what can be executed now. Returns the replies.
    std::string run();

    /// When a WAIT is answered that replicas do not fulfil, by the clock of Redis in microseconds.
    std::optional<std::int64_t> waits_until() const { return waits_until_; }

private:
    /// The reply to the WAIT in front; nothing if it is not over.
    std::optional<RedisReply> wait(const ModelRedis::Words& words);

    ModelRedis& redis_;
    RedisReplyReader commands_;  ///< a command has the form of a reply
    std::deque<ModelRedis::Words> waiting_;
    std::uint64_t written_ = 0;  ///< the offset that its last command has seen
    std::optional<std::int64_t> waits_until_;
};

}  // namespace reginfo::test
