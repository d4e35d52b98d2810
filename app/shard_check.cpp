#include "app/shard_check.hpp"

#include "core/event/persistence/unsettled_key.hpp"

#include <string_view>

namespace reginfo {

void ShardCheck::compare(const char* kind, Shard shard, Shard right, std::string_view key) {
    if (shard == right) return;
    const std::string what =
        "is in shard " + std::to_string(shard) + ", but belongs to shard " + std::to_string(right);
    found_.note(kind, key, what.c_str());
}

void ShardCheck::visit(Shard shard, const StoredRecord& record) {
    const std::string_view key = record.key;
    switch (record.bucket) {
        case Bucket::unsettled:
            if (key != kAllUnsettled) unsettled_[std::string(key)].set(shard);
            return;
        case Bucket::aor:
            compare("AOR", shard, shards_.of_aor(key), key);
            break;
        case Bucket::dialog:
            compare("dialog", shard, StoreShards::of_dialog(key), key);
            break;
        case Bucket::transaction:
            return;
    }
}

void ShardCheck::visit_again(const StoredRecord& record) {
    for (const StoreShards::Entry& entry : shards_.unsettled_by(record)) {
        const auto place = unsettled_.find(entry.key);
        if (place == unsettled_.end() || place->second.test(entry.shard)) continue;
        found_.note(
            record.bucket == Bucket::aor ? "AOR" : "dialog",
            record.key,
            "has watchers who may not have been told, but another shard has that"
        );
        unsettled_.erase(place);
    }
}

std::vector<std::string> ShardCheck::problems() { return found_.findings; }

}  // namespace reginfo
