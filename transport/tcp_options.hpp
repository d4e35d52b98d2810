/// @file
/// Options of TCP sockets, and where a connection of our own comes from.
#pragma once

#include "core/base/address.hpp"
#include "transport/transport_options.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>

namespace reginfo {

/// No delay (we gather by ourselves), and the kernel finds out about peers that are gone.
void set_tcp_options(boost::asio::ip::tcp::socket& socket, const TransportOptions& options);

/// Opens the socket for a connection to `peer`, from the address of the listener that is bound to
/// `bound` unless that is a wildcard, from any port.
boost::system::error_code open_for_connect(
    boost::asio::ip::tcp::socket& socket,
    const Endpoint& bound,
    const Endpoint& peer,
    const TransportOptions& options
);

}  // namespace reginfo
