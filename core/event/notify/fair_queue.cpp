/// @file

#include "core/event/notify/fair_queue.hpp"

#include <cassert>

namespace reginfo {

void FairQueue::push(Subscription& subscription) {
    static_cast<QueueHook&>(subscription).unlink();
    if (subscription.is_urgent()) {
        urgent_.waiting.push_back(subscription);
        return;
    }
    auto at = by_aor_.find(&subscription.aor());
    if (at == by_aor_.end()) {
        ring_.emplace_back().aor = &subscription.aor();
        at = by_aor_.emplace(&subscription.aor(), std::prev(ring_.end())).first;
    }
    at->second->waiting.push_back(subscription);
}

Subscription* FairQueue::pop() {
    Subscription* next = urgent_is_next_ ? pop_urgent() : pop_of_ring();
    if (!next) next = urgent_is_next_ ? pop_of_ring() : pop_urgent();
    if (next) urgent_is_next_ = !urgent_is_next_;
    return next;
}

Subscription* FairQueue::pop_urgent() { return urgent_.waiting.empty() ? nullptr : &urgent_.pop(); }

/// @pre it is not empty
Subscription& FairQueue::Ends::pop() {
    assert(!waiting.empty());
    Subscription& next = last_is_next ? waiting.back() : waiting.front();
    static_cast<QueueHook&>(next).unlink();
    last_is_next = !last_is_next;
    return next;
}

Subscription* FairQueue::pop_of_ring() {
    while (!ring_.empty()) {
        AorQueue& queue = ring_.front();
        if (queue.waiting.empty()) {
            by_aor_.erase(queue.aor);
            ring_.pop_front();
            continue;
        }
        Subscription& next = queue.pop();
        ring_.splice(ring_.end(), ring_, ring_.begin());
        return &next;
    }
    return nullptr;
}

void FairQueue::clear() {
    urgent_.waiting.clear();
    urgent_.last_is_next = false;
    ring_.clear();
    if (by_aor_.bucket_count() > 0) by_aor_ = {};
    urgent_is_next_ = true;
}

}  // namespace reginfo
