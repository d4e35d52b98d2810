/// @file
/// Accepts connections on one socket.
#pragma once

#include "core/base/address.hpp"
#include "core/base/time.hpp"
#include "transport/transport_stats.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>

namespace reginfo {

/// While the process has no descriptors left it tries again after a pause, and lets the peers wait
/// in the backlog.
class TcpListener {
public:
    using OnAccept = std::function<void(boost::asio::ip::tcp::socket, const Endpoint& peer)>;
    using OnError = std::function<void(const boost::system::error_code&)>;

    /// @param stats  must outlive the listener
    TcpListener(boost::asio::ip::tcp::acceptor acceptor, Duration backoff, TransportStats& stats);

    const Endpoint& bound() const { return bound_; }

    void start(OnAccept on_accept, OnError on_error);
    void stop();

private:
    void wait();
    void accept_some();
    void back_off();

    boost::asio::ip::tcp::acceptor acceptor_;
    Endpoint bound_;
    Duration backoff_;
    TransportStats& stats_;
    boost::asio::steady_timer timer_;
    OnAccept on_accept_;
    OnError on_error_;
};

}  // namespace reginfo
