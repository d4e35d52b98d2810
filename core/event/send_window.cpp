/// @file

#include "core/event/send_window.hpp"

#include <algorithm>
#include <chrono>

namespace reginfo {
namespace {

/// How much longer than the shortest a round trip may be before it means that a queue is filling.
/// Absolute, since what a queue holds does not depend on how far away it is: at 10,000 messages/s
/// this is a twentieth of a default socket buffer. Longer paths vary more: a part of the shortest.
constexpr Duration kQueueing = std::chrono::milliseconds{1};
constexpr int kVariation = 4;

}  // namespace

void SendWindow::restart() {
    limit_ = settings_.window_initial;
    slow_start_ = true;
    shortest_ = Duration::max();
    halved_at_ = TimePoint::min();
    by_aor_ = {};
}

void SendWindow::enqueue(Subscription& subscription) {
    auto& hook = static_cast<QueueHook&>(subscription);
    if (hook.is_linked()) {
        if (!subscription.urgent) return;
        hook.unlink();
    }
    if (subscription.urgent) {
        urgent_.push_back(subscription);
        return;
    }
    auto at = by_aor_.find(&subscription.aor);
    if (at == by_aor_.end()) {
        ring_.emplace_back().aor = &subscription.aor;
        at = by_aor_.emplace(&subscription.aor, std::prev(ring_.end())).first;
    }
    at->second->waiting.push_back(subscription);
}

Subscription* SendWindow::pop() {
    if (!urgent_.empty()) {
        Subscription& next = urgent_.front();
        urgent_.pop_front();
        return &next;
    }
    while (!ring_.empty()) {
        AorQueue& queue = ring_.front();
        if (queue.waiting.empty()) {
            by_aor_.erase(queue.aor);
            ring_.pop_front();
            continue;
        }
        Subscription& next = queue.waiting.front();
        queue.waiting.pop_front();
        ring_.splice(ring_.end(), ring_, ring_.begin());
        return &next;
    }
    return nullptr;
}

void SendWindow::sent(InFlight& notify) {
    notifies_.push_back(notify);
    ++in_flight_;
}

void SendWindow::done(InFlight& notify) {
    notifies_.erase(notifies_.iterator_to(notify));
    --in_flight_;
}

void SendWindow::answered(Duration round_trip) {
    shortest_ = std::min(shortest_, round_trip);
    const bool in_full_use = in_flight_ + 1 > static_cast<std::size_t>(limit_);
    const Duration queueing = std::max(kQueueing, shortest_ / kVariation);
    if (!in_full_use || round_trip - shortest_ > queueing) return;
    limit_ = std::min(
        limit_ + (slow_start_ ? 1.0 : 1.0 / limit_), static_cast<double>(settings_.window_max)
    );
}

void SendWindow::retransmitted(TimePoint now, Duration t1) {
    slow_start_ = false;
    if (halved_at_ != TimePoint::min() && now - halved_at_ < t1) return;
    halved_at_ = now;
    limit_ = std::max(limit_ / 2, static_cast<double>(settings_.window_min));
}

}  // namespace reginfo
