/// @file

#include "core/event/notify/copy_lane.hpp"

#include <algorithm>
#include <chrono>

namespace reginfo {

CopyLane::Rate CopyLane::rate_of(double share) {
    const double half = share / 2;
    const auto second = static_cast<double>(Duration{std::chrono::seconds{1}}.count());
    return {
        std::max(static_cast<std::uint32_t>(half), 1U),
        Duration{static_cast<Duration::rep>(second / half)},
    };
}

TimePoint CopyLane::ready_at(TimePoint now, double share) const {
    const Rate rate = rate_of(share);
    return bucket_.ready_at(now, rate.burst, rate.interval);
}

void CopyLane::take(TimePoint now, double share) {
    const Rate rate = rate_of(share);
    bucket_.take(now, rate.burst, rate.interval);
}

InFlight* CopyLane::pop() {
    if (waiting_.empty()) return nullptr;
    InFlight& next = waiting_.front();
    waiting_.pop_front();
    return &next;
}

}  // namespace reginfo
