#include "app/redis_caller.hpp"

#include "core/storage/record_file.hpp"
#include "core/storage/redis/redis_greeting.hpp"
#include "core/storage/store_error.hpp"
#include "transport/ares_client.hpp"
#include "transport/sentinel_lookup.hpp"
#include "transport/transport_options.hpp"

#include <memory>
#include <optional>
#include <string_view>
#include <utility>

namespace reginfo {

RedisCaller::RedisCaller(const RedisOptions& options, const RedisLinkOptions& link)
    : options_(options),
      tls_(RedisTls::make(link.tls)),
      names_(io_, std::make_unique<AresClient>(io_, TransportOptions())),
      session_(*this) {
    const std::vector<std::string> addresses = addresses_of(link);
    std::string tried;
    for (const std::string& address : addresses) {
        if (connect_to(address, link.connect_timeout)) {
            greet();
            return;
        }
        if (!tried.empty()) tried += "; ";
        if (options_.where.find(address) == std::string::npos || addresses.size() > 1) {
            tried += address + ": ";
        }
        tried += std::exchange(trouble_, {});
    }
    throw StoreError(options_.where + ": " + (addresses.empty() ? trouble_ : tried));
}

/// Of the servers, or of the primary; none if Sentinels do not name one.
std::vector<std::string> RedisCaller::addresses_of(const RedisLinkOptions& link) {
    if (link.sentinels.empty()) return link.servers;
    std::optional<std::string> primary;
    SentinelLookup lookup(
        io_, names_, {link.sentinels, link.master, link.password, link.connect_timeout, tls_}
    );
    lookup.start([&](const std::string& address, const std::string& why) {
        primary = address;
        trouble_ = why;
    });
    io_.restart();
    while (!primary && io_.run_one() > 0) {
    }
    if (!primary || primary->empty()) return {};
    return {*primary};
}

bool RedisCaller::connect_to(const std::string& address, Duration timeout) {
    connection_ = RedisConnection::open(
        io_,
        names_,
        address,
        timeout,
        tls_,
        {.connected = [this] { is_connected_ = true; },
         .received = [this](std::string_view bytes) { handle_bytes(bytes); },
         .closed = [this](const std::string& why) { trouble_ = why; }}
    );
    io_.restart();
    while (!is_connected_ && trouble_.empty() && io_.run_one() > 0) {
    }
    return is_connected_;
}

void RedisCaller::close() {
    if (connection_) connection_->close();
    connection_.reset();
    io_.restart();
    io_.poll();
}

void RedisCaller::greet() {
    RedisGreeted greeted;
    bool is_done = false;
    RedisGreeting greeting(options_, session_);
    greeting.start([&](const RedisGreeted& result) {
        greeted = result;
        is_done = true;
    });
    wait_for(is_done);
    if (!greeted.trouble.empty()) throw StoreError(greeted.trouble);
}

void RedisCaller::handle_bytes(std::string_view bytes) {
    const std::string error = session_.handle_bytes(bytes);
    if (!error.empty()) trouble_ = error;
    if (trouble_.empty()) session_.flush();
}

RedisReply RedisCaller::ask(const RedisWords& words) {
    RedisReply answer;
    bool is_done = false;
    session_.ask(words, [&](RedisReply reply) {
        answer = std::move(reply);
        is_done = true;
    });
    wait_for(is_done);
    return answer;
}

void RedisCaller::wait_for(const bool& is_done) {
    session_.flush();
    io_.restart();
    while (!is_done && trouble_.empty()) {
        if (io_.run_one_for(options_.reply_timeout) == 0) trouble_ = "no answer";
    }
    if (!is_done) throw StoreError(options_.where + ": the connection has failed: " + trouble_);
}

}  // namespace reginfo
