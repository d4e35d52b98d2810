/// @file
/// Which Redis is the primary: what most Sentinels answer.
#pragma once

#include "core/base/time.hpp"
#include "core/storage/redis/redis_protocol.hpp"
#include "transport/redis_connection.hpp"
#include "transport/redis_names.hpp"
#include "transport/redis_tls.hpp"

#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace reginfo {

/// Asks one after the other, until most of all have named the same. One alone may be cut off from
/// the others, and name a primary of before.
class SentinelLookup {
public:
    struct Options {
        std::vector<std::string> sentinels;  ///< "host:port"
        std::string master;                  ///< the name of the primary in their configuration
        std::string password;                ///< for a Sentinel that wants one
        Duration timeout{};                  ///< for each step with each, and for its answer
        std::shared_ptr<RedisTls> tls = {};  ///< null: none
    };
    /// @param address  of the primary; empty if they do not agree
    /// @param why      one line for people, then
    using Done = std::function<void(const std::string& address, const std::string& why)>;

    /// @param names  must outlive this
    SentinelLookup(boost::asio::io_context& io, RedisNames& names, Options options);
    ~SentinelLookup() { cancel(); }
    SentinelLookup(const SentinelLookup&) = delete;
    SentinelLookup& operator=(const SentinelLookup&) = delete;

    /// Calls `done` once, unless it is cancelled.
    void start(Done done);
    void cancel();

private:
    void ask_next();
    void ask(bool with_password);
    void wait_for_answer(const std::function<void(const std::string& why)>& failed);
    void handle_bytes(std::string_view bytes);
    void handle_reply(const RedisReply& reply);
    void count(const std::string& address);

    boost::asio::io_context& io_;
    RedisNames& names_;
    Options options_;
    Done done_;
    std::size_t next_ = 0;
    std::map<std::string, std::size_t> votes_;
    std::string why_;
    std::shared_ptr<RedisConnection> connection_;
    boost::asio::steady_timer timer_;
    RedisReplyReader reader_;
};

}  // namespace reginfo
