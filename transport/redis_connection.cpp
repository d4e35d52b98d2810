/// @file

#include "transport/redis_connection.hpp"

#include "transport/socket_address.hpp"
#include "transport/steady_time.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
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

std::shared_ptr<RedisConnection> RedisConnection::open(
    asio::io_context& io,
    RedisNames& names,
    const std::string& address,
    Duration timeout,
    Events events
) {
    std::shared_ptr<RedisConnection> connection(new RedisConnection(io, timeout, std::move(events))
    );
    connection->connect(names, address);
    return connection;
}

RedisConnection::RedisConnection(asio::io_context& io, Duration timeout, Events events)
    : events_(std::move(events)), socket_(io), timer_(io), timeout_(timeout) {}

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
    std::string host = address.substr(0, colon);
    if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
    const std::string port = colon == std::string::npos ? "6379" : address.substr(colon + 1);
    look_up(names, host, port_of(port));
}

void RedisConnection::look_up(RedisNames& names, const std::string& host, std::uint16_t port) {
    boost::system::error_code is_name;
    const asio::ip::address address = asio::ip::make_address(host, is_name);
    if (!is_name) {
        endpoints_ = {asio::ip::tcp::endpoint(address, port)};
        return connect_next({});
    }
    names.look_up(
        host,
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
    socket_.close(ignored);
    // Ends the wait for this address, with an error: then the next one has its time.
    timer_.expires_after(timeout_);
    timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
        boost::system::error_code none;
        if (!error && self->is_open_) self->socket_.close(none);
    });
    socket_.async_connect(
        endpoint,
        [self = shared_from_this()](const boost::system::error_code& error) {
            if (!self->is_open_) return;
            const bool is_late = error == asio::error::operation_aborted;
            if (error)
                return self->connect_next(is_late ? "no connection in time" : error.message());
            self->timer_.cancel();
            boost::system::error_code none;  // a Unix socket has no such option
            self->socket_.set_option(asio::ip::tcp::no_delay(true), none);
            self->events_.connected();
            if (self->is_open_) self->read();
        }
    );
}

void RedisConnection::read() {
    socket_.async_read_some(
        asio::buffer(input_),
        [self = shared_from_this()](const boost::system::error_code& error, std::size_t size) {
            if (!self->is_open_) return;
            if (error) return self->fail(error.message());
            self->events_.received({self->input_.data(), size});
            if (self->is_open_) self->read();
        }
    );
}

void RedisConnection::write(std::string bytes) {
    output_ += bytes;
    if (sending_.empty()) send();
}

void RedisConnection::send() {
    sending_ = std::exchange(output_, {});
    if (sending_.empty()) return;
    asio::async_write(
        socket_,
        asio::buffer(sending_),
        [self = shared_from_this()](const boost::system::error_code& error, std::size_t) {
            // What was lost is noticed by reading.
            if (!self->is_open_ || error) return;
            self->send();
        }
    );
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
