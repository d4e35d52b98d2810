#include "core/event/records/aor.hpp"

#include <algorithm>
#include <cassert>

namespace reginfo {

void Aor::left(const Subscription& subscription) {
    assert(is_lagging_right());
    if (is_behind(subscription)) --lagging_;
}

bool Aor::acknowledge(Subscription& subscription, Revision acked) {
    assert(is_lagging_right());
    if (acked <= subscription.acked) return false;
    const bool was_behind = is_behind(subscription);
    subscription.acked = acked;
    if (!was_behind || is_behind(subscription)) return false;
    --lagging_;
    return true;
}

void Aor::forget() {
    timer.cancel();
    set_state({});
    for (Subscription& watcher : watchers) watcher.acked = 0;
    lagging_ = 0;
    is_stored = is_unsettled = is_settling = false;
    requests.is_locked = false;
    news_at = kNoNews;
}

/// Counts, where that costs little.
bool Aor::is_lagging_right() const {
    constexpr std::uint32_t kFew = 4;
    if (watcher_count > kFew) return lagging_ <= watcher_count;
    const auto count = std::ranges::count_if(watchers, [this](const Subscription& subscription) {
        return is_behind(subscription);
    });
    return lagging_ == static_cast<std::uint32_t>(count);
}

}  // namespace reginfo
