/// @file

#include "transport/redis_connection.hpp"

#include "transport/redis_peer.hpp"
#include "transport/socket_address.hpp"
#include "transport/steady_time.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/ssl/stream_base.hpp>
#include <boost/asio/ssl/verify_context.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <charconv>
#include <utility>

namespace reginfo {
namespace asio = boost::asio;

namespace {

/// 0 if it is none.
std::uint16_t port_of(std::string_view text) {
    std::uint16_t port = 0;
    const char* const end = text.data() + text.size();
    const auto [last, error] = std::from_chars(text.data(), end, port);
    return error == std::errc() && last == end ? port : std::uint16_t{0};
}

}  // namespace

struct RedisConnection::TlsLayer {
    TlsLayer(Socket& socket, asio::ssl::context& context) : stream(socket, context) {}

    asio::ssl::stream<Socket&> stream;
    std::string trouble;  ///< with the certificate of the peer
};

std::shared_ptr<RedisConnection> RedisConnection::open(
    asio::io_context& io,
    RedisNames& names,
    const std::string& address,
    Duration timeout,
    std::shared_ptr<RedisTls> tls,
    Events events
) {
    std::shared_ptr<RedisConnection> connection(
        new RedisConnection(io, timeout, std::move(tls), std::move(events))
    );
    connection->connect(names, address);
    return connection;
}

RedisConnection::RedisConnection(
    asio::io_context& io,
    Duration timeout,
    std::shared_ptr<RedisTls> tls,
    Events events
)
    : events_(std::move(events)),
      tls_(std::move(tls)),
      socket_(io),
      timer_(io),
      timeout_(timeout) {}

RedisConnection::~RedisConnection() = default;

template <class Use>
void RedisConnection::on_stream(const Use& use) {
    if (layer_) {
        use(layer_->stream);
    } else {
        use(socket_);
    }
}

void RedisConnection::connect(RedisNames& names, const std::string& address) {
    timer_.expires_after(timeout_);
    timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
        if (!error) self->fail("its name is not found in time");
    });
    constexpr std::string_view kUnix = "unix:";
    if (address.starts_with(kUnix)) {
        endpoints_ = {asio::local::stream_protocol::endpoint(address.substr(kUnix.size()))};
        return connect_next({});
    }
    const std::size_t colon = address.rfind(':');
    host_ = address.substr(0, colon);
    if (host_.size() > 2 && host_.front() == '[') host_ = host_.substr(1, host_.size() - 2);
    const std::string port = colon == std::string::npos ? "6379" : address.substr(colon + 1);
    look_up(names, port_of(port));
}

void RedisConnection::look_up(RedisNames& names, std::uint16_t port) {
    boost::system::error_code is_name;
    const asio::ip::address address = asio::ip::make_address(host_, is_name);
    if (!is_name) {
        endpoints_ = {asio::ip::tcp::endpoint(address, port)};
        return connect_next({});
    }
    names.look_up(
        host_,
        [weak = weak_from_this(),
         port](const std::vector<IpAddress>& addresses, const std::string& why) {
            const auto self = weak.lock();
            if (!self || !self->is_open_) return;
            for (const IpAddress& each : addresses) {
                self->endpoints_.emplace_back(asio::ip::tcp::endpoint(to_asio(each), port));
            }
            std::ranges::reverse(self->endpoints_);
            self->connect_next(why);
        }
    );
}

/// @param why  the one before could not be connected to, or there is none
void RedisConnection::connect_next(std::string why) {
    if (endpoints_.empty()) return fail(why);
    const Endpoint endpoint = endpoints_.back();
    endpoints_.pop_back();
    boost::system::error_code ignored;
    layer_.reset();
    socket_.close(ignored);
    limit_time();
    socket_.async_connect(
        endpoint,
        [self = shared_from_this()](const boost::system::error_code& error) {
            if (!self->is_open_) return;
            const bool is_late = error == asio::error::operation_aborted;
            if (error)
                return self->connect_next(is_late ? "no connection in time" : error.message());
            self->handle_connected();
        }
    );
}

/// Ends the wait for this address, with an error: then the next one has its time.
void RedisConnection::limit_time() {
    timer_.expires_after(timeout_);
    timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
        boost::system::error_code none;
        if (!error && self->is_open_) self->socket_.close(none);
    });
}

void RedisConnection::handle_connected() {
    boost::system::error_code none;  // a Unix socket has no such option
    socket_.set_option(asio::ip::tcp::no_delay(true), none);
    if (!tls_) return begin();
    const std::string trouble = make_layer();
    // No other address is better then.
    if (!trouble.empty()) return fail(trouble);
    shake_hands();
}

/// Returns what hinders it.
std::string RedisConnection::make_layer() {
    std::shared_ptr<RedisTls::Context> context;
    try {
        context = tls_->context();
    } catch (const RedisTlsError& error) {
        return error.what();
    }
    layer_ = std::make_unique<TlsLayer>(socket_, *context);
    if (!expect_redis_host(layer_->stream.native_handle(), host_)) {
        return "\"" + host_ + "\" is no name that a certificate could be for";
    }
    layer_->stream.set_verify_callback([this](bool is_valid, asio::ssl::verify_context& chain) {
        if (!is_valid) layer_->trouble = certificate_trouble(chain.native_handle(), host_);
        return is_valid;
    });
    return {};
}

void RedisConnection::shake_hands() {
    limit_time();
    layer_->stream.async_handshake(
        asio::ssl::stream_base::client,
        [self = shared_from_this()](const boost::system::error_code& error) {
            if (!self->is_open_) return;
            if (!error) return self->begin();
            const std::string why = std::exchange(self->layer_->trouble, {});
            if (!why.empty()) return self->connect_next(why);
            const bool is_late = error == asio::error::operation_aborted;
            self->connect_next(
                "no TLS handshake on this port: " +
                (is_late ? "no answer in time" : tls_trouble(error))
            );
        }
    );
}

void RedisConnection::begin() {
    timer_.cancel();
    events_.connected();
    if (is_open_) read();
}

void RedisConnection::read() {
    on_stream([this](auto& stream) {
        stream.async_read_some(
            asio::buffer(input_),
            [self = shared_from_this()](const boost::system::error_code& error, std::size_t size) {
                if (!self->is_open_) return;
                if (!error) return self->handle_received(size);
                const bool is_end =
                    error == asio::error::eof || error == asio::error::connection_reset;
                const bool is_mute = is_end && !self->has_received_ && !self->layer_;
                // As a Redis does that reads no TLS where it waits for it.
                const std::string hint = " (if it wants TLS on this port, set storage.redis.tls)";
                self->fail(tls_trouble(error) + (is_mute ? hint : ""));
            }
        );
    });
}

void RedisConnection::handle_received(std::size_t size) {
    const std::string_view bytes(input_.data(), size);
    // An alert (RFC 8446 6): what TLS says to one who does not speak it.
    if (!layer_ && !has_received_ && bytes.starts_with("\x15\x03")) {
        return fail("it speaks TLS on this port: set storage.redis.tls");
    }
    has_received_ = true;
    events_.received(bytes);
    if (is_open_) read();
}

void RedisConnection::write(std::string bytes) {
    output_ += bytes;
    if (sending_.empty()) send();
}

void RedisConnection::send() {
    sending_ = std::exchange(output_, {});
    if (sending_.empty()) return;
    on_stream([this](auto& stream) {
        asio::async_write(
            stream,
            asio::buffer(sending_),
            [self = shared_from_this()](const boost::system::error_code& error, std::size_t) {
                // What was lost is noticed by reading.
                if (!self->is_open_ || error) return;
                self->send();
            }
        );
    });
}

void RedisConnection::fail(const std::string& why) {
    if (!is_open_) return;
    close();
    events_.closed(why);
}

void RedisConnection::close() {
    is_open_ = false;
    boost::system::error_code ignored;
    socket_.close(ignored);
    timer_.cancel();
}

}  // namespace reginfo
