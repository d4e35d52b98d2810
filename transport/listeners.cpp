/// @file
/// Sockets that are bound before the engine is built, so that its settings can name their ports.

#include "transport/listeners.hpp"

#include "transport/socket_address.hpp"

#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/socket_base.hpp>
#include <boost/system/system_error.hpp>

#include <sys/socket.h>
#include <unistd.h>

#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace reginfo {
namespace {

using boost::asio::ip::tcp;
using boost::asio::ip::udp;

constexpr int kUdpBufferBytes = 8 << 20;

int buffer_of(int socket, int option) {
    int bytes = 0;
    socklen_t size = sizeof bytes;
    ::getsockopt(socket, SOL_SOCKET, option, &bytes, &size);
    return bytes;
}

/// What the system gives to who asks for a large buffer without being allowed more.
int buffer_of_new(int option) {
    const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ::setsockopt(socket, SOL_SOCKET, option, &kUdpBufferBytes, sizeof kUdpBufferBytes);
    const int bytes = buffer_of(socket, option);
    ::close(socket);
    return bytes;
}

/// Beyond the system's limit where we are allowed to (CAP_NET_ADMIN), else up to it. Never less
/// than there is: who passed the socket may have been allowed more.
void request_buffer(int socket, int force_option, int option) {
    const int had = buffer_of(socket, option);
    if (had >= 2 * kUdpBufferBytes) return;  // the kernel doubles what it is asked for
    const int bytes = kUdpBufferBytes;
    if (::setsockopt(socket, SOL_SOCKET, force_option, &bytes, sizeof bytes) == 0) return;
    if (buffer_of_new(option) > had) ::setsockopt(socket, SOL_SOCKET, option, &bytes, sizeof bytes);
}

template <class Socket, class Protocol>
void open_and_bind(Socket& socket, const ListenerConfig& config, const Protocol& protocol) {
    if (config.passed) return static_cast<void>(socket.assign(protocol, *config.passed));
    socket.open(protocol);
    if (config.address.is_v6()) socket.set_option(boost::asio::ip::v6_only(true));
    if constexpr (std::is_same_v<Protocol, tcp>) {
        socket.set_option(boost::asio::socket_base::reuse_address(true));
    }
    socket.bind({config.address, config.port});
}

udp::socket open_udp(boost::asio::io_context& io, const ListenerConfig& config) {
    udp::socket socket(io);
    open_and_bind(socket, config, config.address.is_v4() ? udp::v4() : udp::v6());
    request_buffer(socket.native_handle(), SO_RCVBUFFORCE, SO_RCVBUF);
    request_buffer(socket.native_handle(), SO_SNDBUFFORCE, SO_SNDBUF);
    const int on = 1;
    ::setsockopt(socket.native_handle(), SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof on);
    return socket;
}

tcp::acceptor open_tcp(boost::asio::io_context& io, const ListenerConfig& config) {
    tcp::acceptor acceptor(io);
    open_and_bind(acceptor, config, config.address.is_v4() ? tcp::v4() : tcp::v6());
    acceptor.listen();
    acceptor.non_blocking(true);
    return acceptor;
}

std::string name_of(const ListenerConfig& config) {
    const std::string_view transport = config.transport == Transport::udp ? "udp:" : "tcp:";
    return std::string(transport) + Endpoint{to_core(config.address), config.port}.to_string();
}

}  // namespace

Listeners Listeners::open(boost::asio::io_context& io, std::span<const ListenerConfig> configs) {
    if (configs.size() > std::numeric_limits<ListenerId>::max()) {
        throw std::length_error("too many listeners");
    }
    Listeners listeners;
    for (const ListenerConfig& config : configs) {
        try {
            if (config.transport == Transport::udp) {
                listeners.sockets_.emplace_back(open_udp(io, config));
            } else {
                listeners.sockets_.emplace_back(open_tcp(io, config));
            }
        } catch (const boost::system::system_error& error) {
            throw boost::system::system_error(error.code(), name_of(config));
        }
    }
    return listeners;
}

Endpoint Listeners::bound(ListenerId id) const {
    const auto endpoint_of = [](const auto& socket) { return to_core(socket.local_endpoint()); };
    return std::visit(endpoint_of, sockets_.at(id));
}

}  // namespace reginfo
