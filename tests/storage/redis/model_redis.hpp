/// @file
/// A Redis in memory with the functions of reginfod1.lua, a clock of its own, and a replica that
/// may be behind.
#pragma once

#include "core/storage/redis/redis_reply.hpp"
#include "tests/storage/redis/model_cluster.hpp"
#include "tests/storage/redis/model_keys.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace reginfo::test {

/// That it behaves as the real one is held by model_redis_test.cpp. It executes commands; what a
/// connection is, ModelClient knows.
class ModelRedis {
public:
    using Words = std::vector<std::string>;
    struct Message {
        std::string channel;
        std::string text;
        friend bool operator==(const Message&, const Message&) = default;
    };

    /// Executes a command. A WAIT is answered at once, as if its time was over.
    RedisReply call(const Words& words);

    /// Its clock. @param now  in microseconds since 1970
    void set_time(std::int64_t now);
    std::int64_t now() const { return now_; }

    const ModelKeys& keys() const { return keys_; }
    std::uint64_t offset() const { return keys_.offset(); }

    /// The replica does not follow any more, or has all again.
    void set_lagging(bool is_lagging);
    bool is_lagging() const { return is_lagging_; }
    /// How many replicas have what was written until then.
    std::int64_t replicas_at(std::uint64_t offset) const;
    /// The same, and somebody is told.
    RedisReply answer_wait(std::uint64_t offset);
    /// What replicas have, as far as a WAIT has said so.
    std::uint64_t acknowledged_offset() const { return acknowledged_; }
    /// As far as a fail-over to the replica keeps it, if the replica is behind by so many writes.
    std::uint64_t kept_offset(std::uint64_t behind) const;
    /// Another Redis, with what was written until then, is the primary from now on.
    void fail_over(std::uint64_t offset);
    /// An empty one is.
    void wipe();

    std::string run_id = "run-1";
    std::int64_t replicas = 0;       ///< that are connected
    std::vector<Message> published;  ///< in all

    /// Sees each call of a function that has changed something, with the keys as they were.
    using Observer = std::function<void(const Words&, const ModelKeys::Changes&)>;
    void observe(Observer observer) { observer_ = std::move(observer); }

private:
    RedisReply execute(const Words& words);
    RedisReply function(const Words& words);
    RedisReply edit(const Words& words);
    RedisReply info() const;
    RedisReply scan(const Words& words) const;

    ModelKeys keys_;
    std::int64_t now_ = 0;
    bool has_library_ = false;
    bool is_lagging_ = false;
    std::uint64_t replicated_ = 0;  ///< while it lags
    std::uint64_t acknowledged_ = 0;
    int runs_ = 1;
    Observer observer_;
    ModelPublish publish_ = [this](const std::string& channel, const std::string& text) {
        published.push_back({channel, text});
    };
};

}  // namespace reginfo::test
