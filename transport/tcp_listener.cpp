/// @file
/// Accepts connections on one socket.

#include "transport/tcp_listener.hpp"

#include "transport/close_shared.hpp"
#include "transport/socket_address.hpp"

#include <boost/asio/error.hpp>

#include <utility>

namespace reginfo {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;

/// Bounded, so that a flood of connections cannot starve those that there are.
constexpr int kAcceptsPerWakeup = 64;

/// About the one connection that was to be accepted, which is gone; not about us.
bool concerns_the_peer(const error_code& error) {
    return error == boost::asio::error::connection_aborted ||
           error == boost::asio::error::interrupted ||
           error == boost::system::errc::protocol_error ||
           error == boost::asio::error::host_unreachable ||
           error == boost::asio::error::network_down ||
           error == boost::asio::error::network_unreachable;
}

}  // namespace

TcpListener::TcpListener(tcp::acceptor acceptor, Duration backoff, TransportStats& stats)
    : acceptor_(std::move(acceptor)),
      bound_(to_core(acceptor_.local_endpoint())),
      backoff_(backoff),
      stats_(stats),
      timer_(acceptor_.get_executor()) {}

void TcpListener::start(OnAccept on_accept, OnError on_error) {
    on_accept_ = std::move(on_accept);
    on_error_ = std::move(on_error);
    wait();
}

void TcpListener::stop() {
    close_shared(acceptor_);
    timer_.cancel();
}

void TcpListener::wait() {
    const auto accept = [this](const error_code& error) {
        if (!error && acceptor_.is_open()) accept_some();
    };
    acceptor_.async_wait(tcp::acceptor::wait_read, accept);
}

void TcpListener::accept_some() {
    for (int i = 0; i < kAcceptsPerWakeup; ++i) {
        tcp::endpoint peer;
        error_code error;
        tcp::socket socket(acceptor_.get_executor());
        acceptor_.accept(socket, peer, error);
        if (error == boost::asio::error::would_block) break;
        if (error) {
            ++stats_.accept_errors;
            if (concerns_the_peer(error)) continue;
            on_error_(error);
            return back_off();
        }
        on_accept_(std::move(socket), to_core(peer));
        if (!acceptor_.is_open()) return;  // stopped meanwhile
    }
    wait();
}

void TcpListener::back_off() {
    const auto go_on = [this](const error_code& error) {
        if (!error && acceptor_.is_open()) wait();
    };
    if (!acceptor_.is_open()) return;  // stopped meanwhile
    timer_.expires_after(backoff_);
    timer_.async_wait(go_on);
}

}  // namespace reginfo
