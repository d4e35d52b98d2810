/// @file

#include "transport/redis_link.hpp"

#include "transport/ares_client.hpp"
#include "transport/transport_options.hpp"

#include <algorithm>
#include <utility>

namespace reginfo {

RedisLink::RedisLink(boost::asio::io_context& io, RedisLinkOptions options, Clock clock)
    : RedisLink(
          io,
          std::move(options),
          std::move(clock),
          std::make_unique<AresClient>(io, TransportOptions())
      ) {}

RedisLink::RedisLink(
    boost::asio::io_context& io,
    RedisLinkOptions options,
    Clock clock,
    std::unique_ptr<DnsClient> dns
)
    : io_(io),
      options_(std::move(options)),
      clock_(std::move(clock)),
      tls_(RedisTls::make(options_.tls)),
      names_(io, std::move(dns)),
      sentinels_(
          io,
          names_,
          {options_.sentinels, options_.master, options_.password, options_.connect_timeout, tls_}
      ),
      timer_(io) {}

void RedisLink::stop() {
    is_stopped_ = true;
    close();
    names_.stop();
    timer_.cancel();
}

void RedisLink::connect() {
    close();
    if (is_stopped_) return;
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
        names_,
        address,
        options_.connect_timeout,
        tls_,
        {.connected =
             [this] {
                 user_->handle_connected();
                 poke();
             },
         .received =
             [this](std::string_view bytes) {
                 user_->handle_bytes(bytes);
                 poke();
             },
         .closed =
             [this](const std::string& why) {
                 const bool is_only_one =
                     options_.sentinels.empty() && options_.servers.size() == 1;
                 fail(is_only_one ? why : address_ + ": " + why);
             }}
    );
}

void RedisLink::write(std::string bytes) {
    if (connection_) connection_->write(std::move(bytes));
}

void RedisLink::close() {
    sentinels_.cancel();
    if (connection_) connection_->close();
    connection_.reset();
}

void RedisLink::fail(const std::string& why) {
    close();
    user_->handle_closed(why);
    poke();
}

void RedisLink::poke() {
    if (is_stopped_) return;
    const TimePoint next = user_->next_deadline();
    if (next == TimePoint::max()) {
        timer_.cancel();
        return;
    }
    timer_.expires_after(std::max(next - clock_(), Duration::zero()));
    timer_.async_wait([this](const boost::system::error_code& error) {
        if (!error && !is_stopped_) handle_time();
    });
}

void RedisLink::handle_time() {
    user_->handle_time();
    poke();
}

}  // namespace reginfo
