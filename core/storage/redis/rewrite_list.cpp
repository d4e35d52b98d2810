/// @file

#include "core/storage/redis/rewrite_list.hpp"

#include <algorithm>

namespace reginfo {

void RewriteList::add(const Write& write, Shard shard, TimePoint changed) {
    Key key{static_cast<char>(write.bucket), write.key};
    Change& change = changes_[key];
    change.changed = std::max(changed, change.changed);
    change.shard = shard;
    if (write.bucket == Bucket::transaction) change.value = write.value;
    order_.emplace_back(changed, std::move(key));
}

void RewriteList::forget_before(TimePoint time) {
    while (!order_.empty() && order_.front().first < time) {
        const auto found = changes_.find(order_.front().second);
        if (found != changes_.end() && found->second.changed < time) changes_.erase(found);
        order_.pop_front();
    }
}

std::vector<RewriteList::Entry> RewriteList::entries() const {
    std::vector<Entry> entries;
    entries.reserve(changes_.size());
    for (const auto& [key, change] : changes_) {
        entries.push_back(
            {static_cast<Bucket>(key.first), key.second, change.value, change.changed, change.shard}
        );
    }
    std::ranges::sort(entries, {}, &Entry::changed);
    return entries;
}

}  // namespace reginfo
