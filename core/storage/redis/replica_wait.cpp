/// @file

#include "core/storage/redis/replica_wait.hpp"

#include <chrono>

namespace reginfo {

void ReplicaWait::ask_for_group(Answered answered) {
    if (!groups_wait()) return answered({});
    if (options_.fsync) return ask_waitaof(std::move(answered));
    ask_wait(std::move(answered));
}

/// Redis answers how many replicas there are that have it, also if these are too few.
void ReplicaWait::ask_wait(Answered answered) {
    session_.ask(
        {"WAIT", needed(), timeout()},
        [this, answered = std::move(answered)](const RedisReply& reply) {
            const auto count = reply.number_value();
            if (!count) return failed_("WAIT fails: " + reply.text);
            answered(replicas_short(*count, ""));
        }
    );
}

/// Redis answers whether its own disk has it, and the disks of how many replicas.
void ReplicaWait::ask_waitaof(Answered answered) {
    session_.ask(
        {"WAITAOF", "1", needed(), timeout()},
        [this, answered = std::move(answered)](const RedisReply& reply) {
            const bool is_pair = reply.items.size() == 2;
            const auto here = is_pair ? reply.items[0].number_value() : std::nullopt;
            const auto count = is_pair ? reply.items[1].number_value() : std::nullopt;
            if (!here || !count) return failed_("WAITAOF fails: " + reply.text);
            if (*here < 1) {
                ++short_waits_;
                return answered("the last commits are not on its disk yet (storage.redis.fsync)");
            }
            answered(replicas_short(*count, " on their disks"));
        }
    );
}

std::string ReplicaWait::needed() const { return std::to_string(options_.replicas); }

std::string ReplicaWait::timeout() const {
    using std::chrono::milliseconds;
    const Duration time = options_.fsync ? options_.fsync_timeout() : options_.wait_timeout;
    return std::to_string(std::chrono::duration_cast<milliseconds>(time).count());
}

std::string ReplicaWait::replicas_short(std::int64_t count, const std::string& where) {
    if (count >= static_cast<std::int64_t>(options_.replicas)) return {};
    ++short_waits_;
    return std::to_string(count) + " replicas have the last commits" + where + ", but " + needed() +
           " are needed (storage.redis.replicas)";
}

}  // namespace reginfo
