/// @file
/// A port that neither takes connections nor refuses them.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstdint>

namespace reginfo::test {

/// Of 127.0.0.1: its backlog is full. The same port of 127.0.0.2 is free.
class DeadPort {
    using Tcp = boost::asio::ip::tcp;

public:
    explicit DeadPort(boost::asio::io_context& io) : acceptor_(io), waiting_(io) {
        acceptor_.open(Tcp::v4());
        acceptor_.bind({boost::asio::ip::make_address("127.0.0.1"), 0});
        acceptor_.listen(0);
        waiting_.connect(acceptor_.local_endpoint());
    }

    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
    boost::asio::ip::tcp::endpoint neighbour() const {
        return {boost::asio::ip::make_address("127.0.0.2"), port()};
    }

private:
    Tcp::acceptor acceptor_;
    Tcp::socket waiting_;
};

}  // namespace reginfo::test
