/// @file
/// Sockets that are bound before the engine is built, so that its settings can name their ports.
#pragma once

#include "core/outbox.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <variant>
#include <vector>

namespace reginfo {

struct ListenerConfig {
    Transport transport = Transport::udp;
    boost::asio::ip::address address;
    std::uint16_t port = 0;          ///< 0 lets the kernel choose
    std::optional<int> passed = {};  ///< a socket that is bound there already, TCP listening
};

/// The open sockets in the order of the configuration: the index is the ListenerId.
class Listeners {
public:
    using Socket = std::variant<boost::asio::ip::udp::socket, boost::asio::ip::tcp::acceptor>;

    /// Opens and binds all but those that are passed, with large buffers where the system allows
    /// it. TCP listens from now on; connections wait in the backlog for the Driver. IPv6 sockets
    /// serve IPv6 only. Throws boost::system::system_error that names the listener.
    static Listeners open(boost::asio::io_context& io, std::span<const ListenerConfig> configs);

    std::size_t size() const { return sockets_.size(); }
    Endpoint bound(ListenerId id) const;

    /// Hands over the socket, once.
    Socket take(ListenerId id) { return std::move(sockets_[id]); }

private:
    std::vector<Socket> sockets_;
};

}  // namespace reginfo
