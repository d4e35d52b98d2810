/// @file
/// One connection to a Redis, or to a Sentinel.
#pragma once

#include "core/base/time.hpp"
#include "transport/redis_names.hpp"

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/error_code.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace reginfo {

/// Shared by its handlers. After close() there are no events.
class RedisConnection : public std::enable_shared_from_this<RedisConnection> {
public:
    struct Events {
        std::function<void()> connected;
        std::function<void(std::string_view bytes)> received;
        std::function<void(const std::string& why)> closed;  ///< also if it never connected
    };

    /// @param names    need not outlive the connection
    /// @param address  "host:port", "[IPv6]:port", or "unix:/path"
    /// @param timeout  for the look-up of the name, and for each of its addresses
    static std::shared_ptr<RedisConnection> open(
        boost::asio::io_context& io,
        RedisNames& names,
        const std::string& address,
        Duration timeout,
        Events events
    );

    void write(std::string bytes);
    void close();

private:
    using Socket = boost::asio::generic::stream_protocol::socket;
    using Endpoint = boost::asio::generic::stream_protocol::endpoint;

    RedisConnection(boost::asio::io_context& io, Duration timeout, Events events);
    void connect(RedisNames& names, const std::string& address);
    void look_up(RedisNames& names, const std::string& host, std::uint16_t port);
    void connect_next(std::string why);
    void read();
    void send();
    void fail(const std::string& why);

    Events events_;
    Socket socket_;
    boost::asio::steady_timer timer_;
    Duration timeout_;
    std::vector<Endpoint> endpoints_;  ///< still to be tried, the last one first
    bool is_open_ = true;
    std::array<char, std::size_t{64} << 10U> input_{};
    std::string output_;   ///< waits
    std::string sending_;  ///< is being sent
};

}  // namespace reginfo
