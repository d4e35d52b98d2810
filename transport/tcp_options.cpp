/// @file
/// Options of TCP sockets, and where a connection of our own comes from.

#include "transport/tcp_options.hpp"

#include "transport/socket_address.hpp"

#include <boost/asio/error.hpp>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace reginfo {
namespace {

using boost::asio::ip::tcp;

constexpr int kKeepAliveIdleSeconds = 60;
constexpr int kKeepAliveIntervalSeconds = 15;

/// A kernel that does not know one of these serves as well without.
void set(tcp::socket& socket, int level, int option, int value) {
    ::setsockopt(socket.native_handle(), level, option, &value, sizeof value);
}

}  // namespace

void set_tcp_options(tcp::socket& socket, const TransportOptions& options) {
    set(socket, IPPROTO_TCP, TCP_NODELAY, 1);
    set(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
    set(socket, IPPROTO_TCP, TCP_KEEPIDLE, kKeepAliveIdleSeconds);
    set(socket, IPPROTO_TCP, TCP_KEEPINTVL, kKeepAliveIntervalSeconds);
    const auto timeout = static_cast<int>(options.unacknowledged_timeout.count());
    set(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, timeout);
}

boost::system::error_code open_for_connect(
    tcp::socket& socket,
    const Endpoint& bound,
    const Endpoint& peer,
    const TransportOptions& options
) {
    if (bound.address.is_v4() != peer.address.is_v4()) {
        return boost::asio::error::address_family_not_supported;
    }
    boost::system::error_code error;
    socket.open(peer.address.is_v4() ? tcp::v4() : tcp::v6(), error);
    if (error) return error;

    set_tcp_options(socket, options);
    const bool wildcard = to_asio(bound.address).is_unspecified();
    if (wildcard) return {};
    // The kernel chooses the port when it knows the peer, so ports do not run out.
    set(socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
    socket.bind(to_tcp({bound.address, 0}), error);
    return error;
}

}  // namespace reginfo
