#include "core/event/records/unused_aors.hpp"

#include <optional>
#include <utility>
#include <vector>

namespace reginfo {

void UnusedAors::drop_if_unused(Aor& aor, Outbox& outbox) {
    if (!aor.is_unused()) return;
    std::vector<Write> writes;
    if (settings_.durable && aor.is_stored) {
        writes.push_back({Bucket::aor, aor.name.string(), std::nullopt});
    }
    if (aor.is_unsettled) writes.push_back(unsettled_.removal_of(aor));
    if (!writes.empty()) changes_.write(aor.shard, std::move(writes), outbox);
    aors_.erase(aor);
}

void UnusedAors::watcher_left(TimePoint now, Aor& aor) {
    unsettled_.look_whether_settled(now, aor);
    if (!aor.is_unused()) return;
    if (shards_.has(aor.shard)) {
        aors_.timers.set(aor, now);
    } else if (!aor.is_stored) {
        aors_.erase(aor);
    }
}

}  // namespace reginfo
