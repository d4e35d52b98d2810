#include "core/event/records/waiting_requests.hpp"

#include "core/bounds.hpp"

#include <algorithm>
#include <cassert>
#include <iterator>
#include <memory>
#include <string>
#include <utility>

namespace reginfo {

bool WaitingRequests::has_room_for(const WaitingRequest& request) const {
    const Settings::Limits& limits = settings_.limits;
    return size_ < limits.waiting_requests &&
           message_bytes_ + request.bytes.size() <= limits.waiting_bytes;
}

void WaitingRequests::count(const WaitingRequest& request) {
    ++size_;
    message_bytes_ += request.bytes.size();
}

void WaitingRequests::uncount(const WaitingRequest& request) {
    --size_;
    message_bytes_ -= request.bytes.size();
}

std::vector<WaitingRequest> WaitingRequests::take(RequestQueue& queue) {
    std::vector<WaitingRequest> taken;
    const RequestList waiting = std::move(queue.waiting);
    if (!waiting) return taken;
    for (WaitingRequest& request : *waiting) {
        uncount(request);
        taken.push_back(std::move(request));
    }
    return taken;
}

std::vector<WaitingRequest> WaitingRequests::take(Shard shard) {
    std::vector<WaitingRequest> taken;
    const auto take_from = [&](std::deque<WaitingRequest>& requests) {
        const auto others = std::stable_partition(
            requests.begin(),
            requests.end(),
            [&](const WaitingRequest& request) { return request.shard != shard; }
        );
        std::move(others, requests.end(), std::back_inserter(taken));
        requests.erase(others, requests.end());
    };
    for (Ready& ready : ready_) take_from(*ready.requests);
    if (const RequestList early = early_.take(shard)) {
        std::move(early->begin(), early->end(), std::back_inserter(taken));
    }
    for (const WaitingRequest& request : taken) uncount(request);
    return taken;
}

bool WaitingRequests::hold(RequestQueue& queue, WaitingRequest request, Outbox& outbox) {
    assert(queue.is_locked);
    if (!has_room_for(request)) {
        note_refusal(Bound::waiting_requests, {}, request.flow, stats_, outbox);
        return false;
    }
    count(request);
    if (!queue.waiting) queue.waiting = std::make_unique<std::deque<WaitingRequest>>();
    queue.waiting->push_back(std::move(request));
    return true;
}

/// Half of the room is for those behind a change.
bool WaitingRequests::hold_early(
    std::string_view identity,
    WaitingRequest request,
    Outbox& outbox
) {
    const std::uint64_t key = aors_.identities.key_of(identity);
    if (!early_.has_room_for(key)) return false;
    const Settings::Limits& limits = settings_.limits;
    const std::size_t early_bytes = early_.message_bytes() + request.bytes.size();
    const bool fits = has_room_for(request) && early_.size() * 2 < limits.waiting_requests &&
                      early_bytes * 2 <= limits.waiting_bytes;
    if (!fits) {
        note_refusal(Bound::waiting_requests, identity, request.flow, stats_, outbox);
        return false;
    }
    count(request);
    early_.hold(key, std::move(request));
    return true;
}

void WaitingRequests::release(Aor& aor) {
    aor.requests.is_locked = false;
    if (!aor.requests.waiting) return;
    const auto queue = [this, name = aor.name.string()] {
        Aor* const found = aors_.find(name);
        return found ? &found->requests : nullptr;
    };
    ready_.push_back({std::move(aor.requests.waiting), queue});
}

void WaitingRequests::release(Dialog& dialog) {
    dialog.requests.is_locked = false;
    if (!dialog.requests.waiting) return;
    const auto queue = [this,
                        call_id = std::string(dialog.state.call_id()),
                        local_tag = std::string(dialog.state.local_tag()),
                        remote_tag = std::string(dialog.state.remote_tag())] {
        Dialog* const found = subscriptions_.find({call_id, local_tag, remote_tag});
        return found ? &found->requests : nullptr;
    };
    ready_.push_back({std::move(dialog.requests.waiting), queue});
}

void WaitingRequests::make_ready(RequestList early) {
    if (!early) return;
    ready_.push_back({std::move(early), []() -> RequestQueue* { return nullptr; }});
}

void WaitingRequests::registered(std::uint64_t identity) { make_ready(early_.take(identity)); }

void WaitingRequests::expire_early(TimePoint now, std::size_t count) {
    make_ready(early_.take_expired(now, count));
}

void WaitingRequests::end_early(TimePoint now) {
    RequestList all = early_.take_all();
    if (!all) return;
    for (WaitingRequest& request : *all) request.wait_until = now;
    make_ready(std::move(all));
}

std::optional<WaitingRequest> WaitingRequests::next_ready() {
    while (!ready_.empty()) {
        Ready& first = ready_.front();
        RequestQueue* const queue = first.queue();
        const bool is_locked = queue && queue->is_locked;
        if (is_locked && queue->waiting) {
            std::move(
                first.requests->begin(), first.requests->end(), std::back_inserter(*queue->waiting)
            );
        } else if (is_locked && !first.requests->empty()) {
            queue->waiting = std::move(first.requests);
        } else if (!first.requests->empty()) {
            WaitingRequest next = std::move(first.requests->front());
            first.requests->pop_front();
            uncount(next);
            return next;
        }
        ready_.pop_front();
    }
    return std::nullopt;
}

}  // namespace reginfo
