/// @file
/// What a Redis keeps of what it has acknowledged, as it is set up now.
#pragma once

#include "core/base/time.hpp"
#include "core/storage/redis/redis_options.hpp"
#include "core/storage/redis/redis_reply.hpp"
#include "core/storage/redis/redis_session.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace reginfo {

class RedisStoreOwner;

/// Whether it keeps what is asked of it; no value where nothing is, or it does not tell.
struct RedisPromise {
    std::optional<bool> file;      ///< appendonly: it survives the end of the process
    std::optional<bool> disk;      ///< appendfsync: or that of the machine, but for a second
    std::optional<bool> replicas;  ///< min-replicas-to-write: no primary alone takes changes

    struct Level {
        const char* name;
        std::optional<bool> RedisPromise::* value;
        const char* broken;  ///< one line for people
    };
    static const std::array<Level, 3> kLevels;

    /// What it does not keep, for people; empty if it keeps all.
    std::string broken() const;
    bool operator==(const RedisPromise&) const = default;
};

/// Asks for it on each connection, and once a minute: an operator can change it at any time.
class RedisPromises {
public:
    /// All must outlive this. @param owner  is told when it is another one than before
    RedisPromises(const RedisOptions& options, RedisSession& session, RedisStoreOwner& owner)
        : options_(options), session_(session), owner_(owner) {}

    void handle_connected(TimePoint now);
    void handle_beat(TimePoint now) {
        if (now >= next_) ask(now);
    }

private:
    void ask(TimePoint now);
    void ask_config(std::string info);
    void tell(std::string_view info, const RedisReply& config);

    const RedisOptions& options_;
    RedisSession& session_;
    RedisStoreOwner& owner_;
    bool may_ask_config_ = true;  ///< on this connection
    TimePoint next_ = TimePoint::min();
    std::optional<RedisPromise> told_;
};

}  // namespace reginfo
