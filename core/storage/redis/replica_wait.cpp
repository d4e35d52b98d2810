/// @file

#include "core/storage/redis/replica_wait.hpp"

#include <chrono>
#include <utility>

namespace reginfo {

void ReplicaWait::ask(Answered answered) {
    if (options_.replicas == 0) return answered({});
    const auto timeout =
        std::chrono::duration_cast<std::chrono::milliseconds>(options_.wait_timeout);
    session_.ask(
        {"WAIT", std::to_string(options_.replicas), std::to_string(timeout.count())},
        [this, answered = std::move(answered)](const RedisReply& reply) {
            answered(trouble_in(reply));
        }
    );
}

/// Redis answers how many replicas there are that have it, also if these are too few.
std::string ReplicaWait::trouble_in(const RedisReply& reply) {
    const std::int64_t count = reply.number_value().value_or(-1);
    if (count >= static_cast<std::int64_t>(options_.replicas)) return {};
    ++short_waits_;
    if (count < 0) return "WAIT fails: " + reply.text;
    return std::to_string(count) + " replicas have the last commits, but " +
           std::to_string(options_.replicas) + " are needed (storage.redis.replicas)";
}

}  // namespace reginfo
