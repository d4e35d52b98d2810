/// @file
/// Which connection has waited too long: one list for each kind of waiting, one alarm for all.

#include "transport/tcp_timeouts.hpp"

#include <algorithm>
#include <utility>

namespace reginfo {
namespace {

constexpr int kExpiriesPerTurn = 256;

}  // namespace

TcpTimeouts::TcpTimeouts(
    const TransportOptions& options,
    std::unique_ptr<Alarm> alarm,
    std::function<void()> ring
)
    : limits_{options.connect_timeout, options.message_timeout, options.idle_timeout, options.linger_timeout},
      alarm_(std::move(alarm)) {
    alarm_->on_ring(std::move(ring));
}

void TcpTimeouts::touch(Waiter& waiter, Awaited awaited) {
    waiter.unlink();
    waiter.since_ = alarm_->now();
    waiter.awaited_ = awaited;
    lists_[static_cast<std::size_t>(awaited)].push_back(waiter);
    arm();
}

void TcpTimeouts::expire(const std::function<void(ConnectionId, Awaited)>& on_expiry) {
    armed_for_.reset();
    const TimePoint now = alarm_->now();
    for (int i = 0; i < kExpiriesPerTurn; ++i) {
        const Waiter* const waiter = due(now);
        if (waiter == nullptr) break;
        on_expiry(waiter->id_, waiter->awaited_);
    }
    arm();
}

void TcpTimeouts::stop() { alarm_->stop(); }

/// The earliest deadline; nothing if there is no connection.
std::optional<TimePoint> TcpTimeouts::next() const {
    std::optional<TimePoint> next;
    for (std::size_t kind = 0; kind < kKinds; ++kind) {
        if (lists_[kind].empty()) continue;
        const TimePoint deadline = lists_[kind].front().since_ + limits_[kind];
        next = next ? std::min(*next, deadline) : deadline;
    }
    return next;
}

/// One whose deadline is not after `now`; null if there is none.
const TcpTimeouts::Waiter* TcpTimeouts::due(TimePoint now) const {
    for (std::size_t kind = 0; kind < kKinds; ++kind) {
        if (lists_[kind].empty()) continue;
        const Waiter& first = lists_[kind].front();
        if (first.since_ + limits_[kind] <= now) return &first;
    }
    return nullptr;
}

/// An alarm that is set for an earlier time stays: it is set anew when it has rung, not at each
/// touch.
void TcpTimeouts::arm() {
    const std::optional<TimePoint> deadline = next();
    if (!deadline || (armed_for_ && *armed_for_ <= *deadline)) return;
    armed_for_ = deadline;
    alarm_->set(*deadline);
}

}  // namespace reginfo
