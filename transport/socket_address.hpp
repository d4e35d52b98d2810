/// @file
/// Endpoints between the core's form and that of the sockets.
#pragma once

#include "core/base/address.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <netinet/in.h>

namespace reginfo {

/// A socket address of either family.
union SocketAddress {
    sockaddr common;
    sockaddr_in v4;
    sockaddr_in6 v6;
};

/// The scope of a link-local address is lost: the core has no place for it.
Endpoint to_endpoint(const SocketAddress& address);

/// Writes the address in its own family. Returns its size in bytes.
socklen_t write_socket_address(const Endpoint& endpoint, SocketAddress& address);

IpAddress to_core(const boost::asio::ip::address& address);
boost::asio::ip::address to_asio(const IpAddress& address);

template <class AsioEndpoint>
Endpoint to_core(const AsioEndpoint& endpoint) {
    return Endpoint{to_core(endpoint.address()), endpoint.port()};
}

inline boost::asio::ip::tcp::endpoint to_tcp(const Endpoint& endpoint) {
    return {to_asio(endpoint.address), endpoint.port};
}

}  // namespace reginfo
