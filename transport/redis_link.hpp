/// @file
/// A connection to Redis: addresses in turn, or the primary that Sentinels name.
#pragma once

#include "core/base/time.hpp"
#include "core/storage/redis/byte_stream.hpp"
#include "transport/dns_client.hpp"
#include "transport/redis_connection.hpp"
#include "transport/redis_link_options.hpp"
#include "transport/redis_names.hpp"
#include "transport/redis_tls.hpp"
#include "transport/sentinel_lookup.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace reginfo {

/// Keeps the time for its user as well: attach(), then poke() when the user has something new to
/// wait for.
class RedisLink final : public ByteStream {
public:
    using Clock = std::function<TimePoint()>;

    /// @pre there is a server or a Sentinel
    /// @param clock  that of the user
    /// @throw RedisTlsError
    /// @throw std::runtime_error  names cannot be looked up
    RedisLink(boost::asio::io_context& io, RedisLinkOptions options, Clock clock);
    /// @param dns  asked for the names in the options
    RedisLink(
        boost::asio::io_context& io,
        RedisLinkOptions options,
        Clock clock,
        std::unique_ptr<DnsClient> dns
    );
    ~RedisLink() override { close(); }
    RedisLink(const RedisLink&) = delete;
    RedisLink& operator=(const RedisLink&) = delete;

    /// @param user  must outlive the running of `io`
    void attach(ByteStreamUser& user) { user_ = &user; }

    void connect() override;
    void write(std::string bytes) override;
    void close() override;

    /// For good: nothing is pending then.
    void stop();

    /// Sets the timer to what the user waits for.
    void poke();

private:
    void open(const std::string& address);
    void fail(const std::string& why);
    void handle_time();

    boost::asio::io_context& io_;
    RedisLinkOptions options_;
    Clock clock_;
    std::shared_ptr<RedisTls> tls_;
    ByteStreamUser* user_ = nullptr;
    bool is_stopped_ = false;
    std::size_t next_ = 0;  ///< of the servers
    std::string address_;   ///< that was tried last; for people
    RedisNames names_;
    std::shared_ptr<RedisConnection> connection_;
    SentinelLookup sentinels_;
    boost::asio::steady_timer timer_;
};

}  // namespace reginfo
