/// @file

#include "transport/redis_connection.hpp"

#include "transport/steady_time.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <utility>

namespace reginfo {
namespace asio = boost::asio;

std::shared_ptr<RedisConnection> RedisConnection::open(
    asio::io_context& io,
    const std::string& address,
    Duration timeout,
    Events events
) {
    std::shared_ptr<RedisConnection> connection(new RedisConnection(io, std::move(events)));
    connection->connect(address, timeout);
    return connection;
}

RedisConnection::RedisConnection(asio::io_context& io, Events events)
    : events_(std::move(events)), socket_(io), resolver_(io), timer_(io) {}

void RedisConnection::connect(const std::string& address, Duration timeout) {
    timeout_ = timeout;
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
    resolve(host, colon == std::string::npos ? "6379" : address.substr(colon + 1));
}

void RedisConnection::resolve(const std::string& host, const std::string& port) {
    resolver_.async_resolve(
        host,
        port,
        [self = shared_from_this(
         )](const boost::system::error_code& error,
            const asio::ip::tcp::resolver::results_type& found) {
            if (!self->is_open_) return;
            if (error) return self->fail("its name: " + error.message());
            for (const auto& each : found) self->endpoints_.emplace_back(each.endpoint());
            std::ranges::reverse(self->endpoints_);
            self->connect_next({});
        }
    );
}

/// @param why  the one before could not be connected to
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
    resolver_.cancel();
    timer_.cancel();
}

}  // namespace reginfo
