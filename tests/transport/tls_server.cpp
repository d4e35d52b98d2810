/// @file

#include "tests/transport/tls_server.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/ssl/stream_base.hpp>
#include <boost/asio/ssl/verify_mode.hpp>
#include <boost/asio/write.hpp>

#include <openssl/ssl.h>

#include <array>
#include <cstddef>
#include <memory>
#include <utility>

namespace reginfo::test {
namespace asio = boost::asio;
using asio::ip::tcp;

struct TlsServer::Session : std::enable_shared_from_this<TlsServer::Session> {
    Session(TlsServer& owner, tcp::socket socket)
        : server(owner), stream(std::move(socket), owner.context_) {}

    void start() {
        stream.async_handshake(
            asio::ssl::stream_base::server,
            [self = shared_from_this()](const boost::system::error_code& error) {
                const char* const name =
                    SSL_get_servername(self->stream.native_handle(), TLSEXT_NAMETYPE_host_name);
                self->server.asked_for = name == nullptr ? "" : name;
                if (error) return;
                ++self->server.handshakes;
                self->read();
            }
        );
    }
    void read() {
        stream.async_read_some(
            asio::buffer(input),
            [self = shared_from_this()](const boost::system::error_code& error, std::size_t size) {
                if (error) return;
                self->server.received.append(self->input.data(), size);
                self->write(size);
            }
        );
    }
    void write(std::size_t size) {
        asio::async_write(
            stream,
            asio::buffer(input.data(), size),
            [self = shared_from_this()](const boost::system::error_code& error, std::size_t) {
                if (!error) self->read();
            }
        );
    }

    TlsServer& server;
    asio::ssl::stream<tcp::socket> stream;
    std::array<char, 8192> input{};
};

TlsServer::TlsServer(asio::io_context& io, const Issued& own, const std::string& clients_of)
    : context_(asio::ssl::context::tls_server),
      acceptor_(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {
    context_.use_certificate_chain(asio::buffer(own.certificate));
    context_.use_private_key(asio::buffer(own.key), asio::ssl::context::pem);
    if (!clients_of.empty()) {
        context_.add_certificate_authority(asio::buffer(clients_of));
        context_.set_verify_mode(asio::ssl::verify_peer | asio::ssl::verify_fail_if_no_peer_cert);
    }
    accept();
}

void TlsServer::accept() {
    acceptor_.async_accept([this](const boost::system::error_code& error, tcp::socket socket) {
        if (error) return;
        std::make_shared<Session>(*this, std::move(socket))->start();
        accept();
    });
}

}  // namespace reginfo::test
