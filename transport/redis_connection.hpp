/// @file
/// One connection to a Redis, or to a Sentinel.
#pragma once

#include "core/base/time.hpp"

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/error_code.hpp>

#include <array>
#include <cstddef>
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

    /// @param address  "host:port", "[IPv6]:port", or "unix:/path"
    /// @param timeout  for connecting
    static std::shared_ptr<RedisConnection> open(
        boost::asio::io_context& io,
        const std::string& address,
        Duration timeout,
        Events events
    );

    void write(std::string bytes);
    void close();

private:
    using Socket = boost::asio::generic::stream_protocol::socket;
    using Endpoint = boost::asio::generic::stream_protocol::endpoint;

    RedisConnection(boost::asio::io_context& io, Events events);
    void connect(const std::string& address, Duration timeout);
    void resolve(const std::string& host, const std::string& port);
    void connect_next(std::string why);
    void read();
    void send();
    void fail(const std::string& why);

    Events events_;
    Socket socket_;
    boost::asio::ip::tcp::resolver resolver_;
    boost::asio::steady_timer timer_;
    Duration timeout_{};  ///< for the look-up of the name, and for each of its addresses
    std::vector<Endpoint> endpoints_;  ///< still to be tried, the last one first
    bool is_open_ = true;
    std::array<char, std::size_t{64} << 10U> input_{};
    std::string output_;   ///< waits
    std::string sending_;  ///< is being sent
};

}  // namespace reginfo
