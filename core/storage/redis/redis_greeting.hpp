/// @file
/// The first questions on a connection: whether this Redis can be used, and the library.
#pragma once

#include "core/storage/redis/redis_options.hpp"
#include "core/storage/redis/redis_session.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace reginfo {

/// Which Redis answers, and why it cannot be used.
struct RedisGreeted {
    std::string run_id;
    std::string replication_id;
    std::string trouble;    ///< one line for people; empty if it can be used
    bool is_final = false;  ///< trying again does not help: the operator has to change something
};

/// Signs in, and checks version, role, eviction policy, and whether `fsync` can be kept. Loads the
/// library, unless there is this revision or a later one.
class RedisGreeting {
public:
    using Done = std::function<void(const RedisGreeted&)>;

    /// Both must outlive this.
    RedisGreeting(const RedisOptions& options, RedisSession& session)
        : options_(options), session_(session) {}

    /// Calls `done` once, unless the connection ends before.
    void start(Done done);

private:
    void sign_in();
    void ask_info();
    void handle_info(const RedisReply& reply);
    void ask_role();
    void ask_fsync();
    void ask_revision();
    void load_library();
    void refuse(std::string trouble, bool is_final);
    void refuse(const RedisReply& error, std::string_view what);

    const RedisOptions& options_;
    RedisSession& session_;
    Done done_;
    RedisGreeted greeted_;
    std::string version_;  ///< of the Redis that answers
};

}  // namespace reginfo
