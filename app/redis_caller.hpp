/// @file
/// A connection to Redis for a tool, which waits for what it asks.
#pragma once

#include "core/storage/redis/byte_stream.hpp"
#include "core/storage/redis/redis_options.hpp"
#include "core/storage/redis/redis_reply.hpp"
#include "core/storage/redis/redis_session.hpp"
#include "transport/redis_connection.hpp"
#include "transport/redis_link_options.hpp"
#include "transport/redis_names.hpp"
#include "transport/redis_tls.hpp"

#include <boost/asio/io_context.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace reginfo {

/// All functions throw StoreError if no Redis answers, or it cannot be used.
class RedisCaller final : private ByteStream {
public:
    /// Connects to the first server that answers, or to the primary that Sentinels name, and checks
    /// that it can be used (RedisGreeting).
    RedisCaller(const RedisOptions& options, const RedisLinkOptions& link);
    ~RedisCaller() override { close(); }
    RedisCaller(const RedisCaller&) = delete;
    RedisCaller& operator=(const RedisCaller&) = delete;

    /// Whether what is asked may have an answer.
    bool is_connected() const { return trouble_.empty(); }

    /// The reply, which may be an error.
    RedisReply ask(const RedisWords& words);

    /// For who asks by itself: then wait_for() it.
    RedisSession& session() { return session_; }
    void wait_for(const bool& is_done);

private:
    void connect() override {}
    void write(std::string bytes) override { connection_->write(std::move(bytes)); }
    void close() override;

    std::vector<std::string> addresses_of(const RedisLinkOptions& link);
    bool connect_to(const std::string& address, Duration timeout);
    void greet();
    void handle_bytes(std::string_view bytes);

    RedisOptions options_;
    std::shared_ptr<RedisTls> tls_;
    boost::asio::io_context io_;
    RedisNames names_;
    RedisSession session_;
    std::shared_ptr<RedisConnection> connection_;
    bool is_connected_ = false;
    std::string trouble_;  ///< why the connection is of no use; empty while it is
};

}  // namespace reginfo
