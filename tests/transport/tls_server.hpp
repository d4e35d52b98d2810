/// @file
/// A server with TLS that sends back what it gets.
#pragma once

#include "tests/transport/test_authority.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>

#include <string>

namespace reginfo::test {

class TlsServer {
public:
    /// @param clients_of  the authority of the certificates that clients need; empty: they need
    /// none
    TlsServer(boost::asio::io_context& io, const Issued& own, const std::string& clients_of = "");

    std::string port() const { return std::to_string(acceptor_.local_endpoint().port()); }

    std::string received;   ///< of all connections
    std::string asked_for;  ///< the name that the last client told (RFC 6066)
    int handshakes = 0;     ///< that were completed

private:
    struct Session;
    void accept();

    boost::asio::ssl::context context_;
    boost::asio::ip::tcp::acceptor acceptor_;
};

}  // namespace reginfo::test
