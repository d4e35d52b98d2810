/// @file

#include "core/event/records/early_subscribes.hpp"

#include "core/base/heap_bytes.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace reginfo {

bool EarlySubscribes::has_room_for(std::uint64_t identity) const {
    const auto at = by_identity_.find(identity);
    return at == by_identity_.end() || at->second.size() < kOfOneIdentity;
}

void EarlySubscribes::hold(std::uint64_t identity, WaitingRequest request) {
    assert(request.wait_until);
    ++size_;
    message_bytes_ += request.bytes.size();
    const TimePoint until = *request.wait_until;
    Early& held = by_identity_[identity].emplace_back(identity, std::move(request));
    timers_.set(held, until);
}

/// It is gone afterwards, but for its place among those of its identity.
void EarlySubscribes::take(Early& early, RequestList& out) {
    --size_;
    message_bytes_ -= early.request.bytes.size();
    early.timer.cancel();
    if (!out) out = std::make_unique<std::deque<WaitingRequest>>();
    out->push_back(std::move(early.request));
}

RequestList EarlySubscribes::take(std::uint64_t identity) {
    RequestList out;
    const auto at = by_identity_.find(identity);
    if (at == by_identity_.end()) return out;
    for (Early& early : at->second) take(early, out);
    by_identity_.erase(at);
    return out;
}

RequestList EarlySubscribes::take_all() {
    RequestList out;
    for (auto& [identity, group] : by_identity_) {
        for (Early& early : group) take(early, out);
    }
    by_identity_ = {};
    return out;
}

RequestList EarlySubscribes::take(Shard shard) {
    RequestList out;
    boost::unordered::erase_if(by_identity_, [&](auto& group) {
        if (group.second.front().request.shard != shard) return false;
        for (Early& early : group.second) take(early, out);
        return true;
    });
    return out;
}

RequestList EarlySubscribes::take_expired(TimePoint now, std::size_t count) {
    RequestList out;
    for (; count > 0; --count) {
        Early* const early = timers_.pop_expired(now);
        if (!early) break;
        const auto at = by_identity_.find(early->identity);
        take(*early, out);
        at->second.remove_if([&](const Early& one) { return &one == early; });
        if (at->second.empty()) by_identity_.erase(at);
    }
    return out;
}

std::size_t EarlySubscribes::bytes() const {
    constexpr std::size_t kLinks = 2 * sizeof(void*);
    return table_bytes(by_identity_) + size_ * heap_bytes(sizeof(Early) + kLinks);
}

}  // namespace reginfo
