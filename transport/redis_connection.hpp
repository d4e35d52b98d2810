/// @file
/// One connection to a Redis, or to a Sentinel.
#pragma once

#include "core/base/time.hpp"
#include "transport/redis_names.hpp"
#include "transport/redis_tls.hpp"

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

/// Over TLS it is connected when the handshake has been made with whom was asked for.
///
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
    /// @param timeout  for the look-up of the name, and for each step with each of its addresses
    /// @param tls      null: none
    static std::shared_ptr<RedisConnection> open(
        boost::asio::io_context& io,
        RedisNames& names,
        const std::string& address,
        Duration timeout,
        std::shared_ptr<RedisTls> tls,
        Events events
    );
    ~RedisConnection();
    RedisConnection(const RedisConnection&) = delete;
    RedisConnection& operator=(const RedisConnection&) = delete;

    void write(std::string bytes);
    void close();

private:
    using Socket = boost::asio::generic::stream_protocol::socket;
    using Endpoint = boost::asio::generic::stream_protocol::endpoint;

    struct TlsLayer;

    RedisConnection(
        boost::asio::io_context& io,
        Duration timeout,
        std::shared_ptr<RedisTls> tls,
        Events events
    );
    void connect(RedisNames& names, const std::string& address);
    void look_up(RedisNames& names, std::uint16_t port);
    void connect_next(std::string why);
    void limit_time();
    void handle_connected();
    std::string make_layer();
    void shake_hands();
    void begin();
    void read();
    void handle_received(std::size_t size);
    void send();
    /// Calls `use` with what bytes go through: the socket, or TLS on it.
    template <class Use>
    void on_stream(const Use& use);
    void fail(const std::string& why);

    Events events_;
    std::shared_ptr<RedisTls> tls_;
    std::string host_;  ///< as it was asked for
    Socket socket_;
    std::unique_ptr<TlsLayer> layer_;  ///< of the present socket; null without TLS
    boost::asio::steady_timer timer_;
    Duration timeout_;
    std::vector<Endpoint> endpoints_;  ///< still to be tried, the last one first
    bool is_open_ = true;
    bool has_received_ = false;
    std::array<char, std::size_t{64} << 10U> input_{};
    std::string output_;   ///< waits
    std::string sending_;  ///< is being sent
};

}  // namespace reginfo
