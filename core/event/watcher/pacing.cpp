#include "core/event/watcher/pacing.hpp"

#include <algorithm>

namespace reginfo {

TimePoint TokenBucket::ready_at(TimePoint now, std::uint32_t burst, Duration interval) const {
    if (interval <= Duration::zero()) return now;
    return std::max(now, full_at_ - interval * (static_cast<std::int64_t>(burst) - 1));
}

void TokenBucket::take(TimePoint now, std::uint32_t burst, Duration interval) {
    const TimePoint latest = now + interval * static_cast<std::int64_t>(burst);
    full_at_ = std::min(std::max(full_at_, now) + interval, latest);
}

}  // namespace reginfo
