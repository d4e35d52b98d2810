#include "core/storage/redis/bus_line.hpp"

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

namespace reginfo {
namespace {

constexpr Duration kPing = std::chrono::seconds{1};
constexpr Duration kSilence = std::chrono::seconds{3};

}  // namespace

BusLine::BusLine(const RedisOptions& options, ByteStream& stream, Clock clock, Events events)
    : options_(options),
      stream_(stream),
      clock_(std::move(clock)),
      events_(std::move(events)),
      session_(stream),
      greeting_(options_, session_),
      backoff_(options.retry_interval) {}

void BusLine::connect() {
    connect_at_.reset();
    phase_ = Phase::connecting;
    heard_ = clock_();
    stream_.connect();
}

void BusLine::handle_connected() {
    if (phase_ != Phase::connecting) return;
    phase_ = Phase::greeting;
    greeting_.start([this](const RedisGreeted& greeted) {
        if (!greeted.trouble.empty()) return disconnect();
        phase_ = Phase::ready;
        reader_ = RedisReplyReader();
        backoff_ = options_.retry_interval;
        ping_at_ = clock_() + kPing;
        events_.ready();
    });
    session_.flush();
}

void BusLine::handle_bytes(std::string_view bytes) {
    heard_ = clock_();
    if (phase_ == Phase::greeting) {
        const std::string error = session_.handle_bytes(bytes);
        if (!error.empty()) return disconnect();
        return session_.flush();
    }
    if (phase_ != Phase::ready) return;
    reader_.add(bytes);
    while (phase_ == Phase::ready) {
        auto reply = reader_.next();
        if (!reply) break;
        events_.replied(std::move(*reply));
    }
    if (!reader_.error().empty()) disconnect();
}

void BusLine::say(const RedisWords& words) {
    const std::vector<std::string_view> views(words.begin(), words.end());
    std::string bytes;
    append_redis_command(bytes, views);
    stream_.write(std::move(bytes));
}

void BusLine::handle_closed(const std::string&) {
    if (phase_ == Phase::away) return;
    session_.reset();
    schedule();
}

void BusLine::disconnect() {
    stream_.close();
    session_.reset();
    schedule();
}

void BusLine::schedule() {
    const bool was_ready = std::exchange(phase_, Phase::away) == Phase::ready;
    ping_at_.reset();
    connect_at_ = clock_() + backoff_;
    backoff_ = std::min(backoff_ * 2, options_.retry_interval_max);
    if (was_ready) events_.lost();
}

void BusLine::handle_time() {
    const TimePoint now = clock_();
    if (connect_at_ && *connect_at_ <= now) return connect();
    if (phase_ != Phase::away && now - heard_ >= kSilence) return disconnect();
    if (ping_at_ && *ping_at_ <= now) {
        ping_at_ = now + kPing;
        say({"PING"});
    }
}

TimePoint BusLine::next_deadline() const {
    if (connect_at_) return *connect_at_;
    const TimePoint silence = phase_ == Phase::away ? TimePoint::max() : heard_ + kSilence;
    return std::min(ping_at_.value_or(TimePoint::max()), silence);
}

}  // namespace reginfo
