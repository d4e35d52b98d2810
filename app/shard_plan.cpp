#include "app/shard_plan.hpp"

#include "core/event/persistence/unsettled_key.hpp"

#include <cstddef>
#include <utility>

namespace reginfo {

void ShardPlan::add(Record record) {
    Write& write = record.write;
    switch (write.bucket) {
        case Bucket::unsettled:
            if (write.key == kAllUnsettled) are_all_unsettled_ = true;
            unsettled_.insert(std::move(write.key));
            return;
        case Bucket::aor: {
            const Shard shard = shards_.of_aor(write.key);
            return place(shard, std::move(record));
        }
        case Bucket::dialog: {
            const Shard shard = StoreShards::of_dialog(write.key);
            return place(shard, std::move(record));
        }
        case Bucket::transaction: {
            const Shard shard = StoreShards::of_transaction(*write.value);
            return place(shard, std::move(record));
        }
    }
}

void ShardPlan::finish() {
    std::array<boost::unordered_flat_set<std::string>, kShards> entries;
    for (const auto& records : records_) {
        for (const auto& [write, written] : records) {
            const StoredRecord record{
                .bucket = write.bucket, .key = write.key, .value = *write.value
            };
            for (StoreShards::Entry& entry : shards_.unsettled_by(record)) {
                if (!are_all_unsettled_ && !unsettled_.contains(entry.key)) continue;
                entries.at(entry.shard).insert(std::move(entry.key));
            }
        }
    }
    for (std::size_t shard = 0; shard < kShards; ++shard) {
        for (const std::string& key : entries.at(shard)) {
            place(static_cast<Shard>(shard), {{Bucket::unsettled, key, std::string()}, 0});
        }
    }
}

}  // namespace reginfo
