/// @file

#include "transport/redis_link.hpp"

#include "transport/steady_time.hpp"

#include <utility>

namespace reginfo {

RedisLink::RedisLink(boost::asio::io_context& io, RedisLinkOptions options)
    : io_(io),
      options_(std::move(options)),
      sentinels_(
          io,
          {options_.sentinels, options_.master, options_.password, options_.connect_timeout}
      ),
      timer_(io) {}

void RedisLink::connect() {
    close();
    if (options_.sentinels.empty()) {
        return open(options_.servers[next_++ % options_.servers.size()]);
    }
    sentinels_.start([this](const std::string& address, const std::string& why) {
        if (address.empty()) return fail(why);
        open(address);
    });
}

void RedisLink::open(const std::string& address) {
    address_ = address;
    connection_ = RedisConnection::open(
        io_,
        address,
        options_.connect_timeout,
        {.connected =
             [this] {
                 store_->handle_connected();
                 poke();
             },
         .received =
             [this](std::string_view bytes) {
                 store_->handle_bytes(bytes);
                 poke();
             },
         .closed = [this](const std::string& why) { fail(address_ + ": " + why); }}
    );
}

void RedisLink::write(std::string bytes) { connection_->write(std::move(bytes)); }

void RedisLink::close() {
    sentinels_.cancel();
    if (connection_) connection_->close();
    connection_.reset();
}

void RedisLink::fail(const std::string& why) {
    close();
    store_->handle_closed(why);
    poke();
}

void RedisLink::poke() {
    const TimePoint next = store_->next_deadline();
    if (next == TimePoint::max()) {
        timer_.cancel();
        return;
    }
    timer_.expires_at(to_steady(next));
    timer_.async_wait([this](const boost::system::error_code& error) {
        if (!error) handle_time();
    });
}

void RedisLink::handle_time() {
    store_->handle_time();
    poke();
}

}  // namespace reginfo
