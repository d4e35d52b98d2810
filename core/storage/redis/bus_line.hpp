/// @file
/// A connection to Redis for the bus: connects, signs in, and does so again when it has ended.
#pragma once

#include "core/base/time.hpp"
#include "core/storage/redis/byte_stream.hpp"
#include "core/storage/redis/redis_greeting.hpp"
#include "core/storage/redis/redis_options.hpp"
#include "core/storage/redis/redis_protocol.hpp"
#include "core/storage/redis/redis_session.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace reginfo {

/// It asks something each second, and connects anew where nothing is answered.
class BusLine final : public ByteStreamUser {
public:
    using Clock = std::function<TimePoint()>;

    struct Events {
        std::function<void()> ready;                    ///< signed in
        std::function<void()> lost;                     ///< is not ready any more
        std::function<void(RedisReply reply)> replied;  ///< in the order of what was said
    };

    /// All must outlive this.
    BusLine(const RedisOptions& options, ByteStream& stream, Clock clock, Events events);

    void start() { connect(); }
    bool is_ready() const { return phase_ == Phase::ready; }
    /// @pre ready
    void say(const RedisWords& words);

    void handle_connected() override;
    void handle_bytes(std::string_view bytes) override;
    void handle_closed(const std::string& why) override;
    void handle_time() override;
    TimePoint next_deadline() const override;

private:
    enum class Phase : std::uint8_t { away, connecting, greeting, ready };

    void connect();
    void disconnect();
    void schedule();

    const RedisOptions& options_;
    ByteStream& stream_;
    Clock clock_;
    Events events_;
    Phase phase_ = Phase::away;
    RedisSession session_;
    RedisGreeting greeting_;
    RedisReplyReader reader_;  ///< of what comes when it is ready
    Duration backoff_;
    TimePoint heard_;
    std::optional<TimePoint> connect_at_;
    std::optional<TimePoint> ping_at_;
};

}  // namespace reginfo
