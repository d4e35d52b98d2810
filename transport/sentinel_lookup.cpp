/// @file

#include "transport/sentinel_lookup.hpp"

#include <utility>

namespace reginfo {

SentinelLookup::SentinelLookup(boost::asio::io_context& io, RedisNames& names, Options options)
    : io_(io), names_(names), options_(std::move(options)), timer_(io) {}

void SentinelLookup::start(Done done) {
    cancel();
    done_ = std::move(done);
    next_ = 0;
    votes_.clear();
    why_.clear();
    ask_next();
}

void SentinelLookup::cancel() {
    timer_.cancel();
    if (connection_) connection_->close();
    connection_.reset();
}

void SentinelLookup::ask_next() {
    cancel();
    if (next_ == options_.sentinels.size()) {
        return done_(
            {},
            "no primary \"" + options_.master + "\" that most of " +
                std::to_string(options_.sentinels.size()) + " Sentinels name" + why_
        );
    }
    const std::string& address = options_.sentinels[next_++];
    reader_ = RedisReplyReader();
    const auto failed = [this, address](const std::string& why) {
        why_ += "; " + address + ": " + why;
        ask_next();
    };
    connection_ = RedisConnection::open(
        io_,
        names_,
        address,
        options_.timeout,
        options_.tls,
        {.connected =
             [this, failed] {
                 ask(false);
                 wait_for_answer(failed);
             },
         .received = [this](std::string_view bytes) { handle_bytes(bytes); },
         .closed = failed}
    );
}

/// The connection has its own time to come about.
void SentinelLookup::wait_for_answer(const std::function<void(const std::string& why)>& failed) {
    timer_.expires_after(options_.timeout);
    timer_.async_wait([this, failed, asked = next_](const boost::system::error_code& error) {
        if (!error && connection_ && asked == next_) failed("no answer");
    });
}

void SentinelLookup::ask(bool with_password) {
    std::string bytes;
    if (with_password) append_redis_command(bytes, {"AUTH", options_.password});
    append_redis_command(bytes, {"SENTINEL", "get-master-addr-by-name", options_.master});
    connection_->write(std::move(bytes));
}

void SentinelLookup::handle_bytes(std::string_view bytes) {
    const auto connection = connection_;
    reader_.add(bytes);
    while (const auto reply = reader_.next()) {
        handle_reply(*reply);
        if (connection != connection_) return;
    }
    if (!reader_.error().empty()) {
        why_ += "; " + reader_.error();
        ask_next();
    }
}

void SentinelLookup::handle_reply(const RedisReply& reply) {
    if (reply.is_error("NOAUTH") && !options_.password.empty()) return ask(true);
    if (reply.kind == RedisReply::Kind::status) return;  // the answer to AUTH
    if (reply.items.size() == 2) {
        return count(reply.items[0].text + ":" + reply.items[1].text);
    }
    why_ += "; " + options_.sentinels[next_ - 1] + ": " +
            (reply.is_error() ? reply.text : "knows no such primary");
    ask_next();
}

void SentinelLookup::count(const std::string& address) {
    if (++votes_[address] * 2 <= options_.sentinels.size()) {
        why_ += "; " + options_.sentinels[next_ - 1] + ": " + address;
        return ask_next();
    }
    cancel();
    done_(address, {});
}

}  // namespace reginfo
