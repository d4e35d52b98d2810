/// @file

#include "core/storage/redis/load_calls.hpp"

#include "core/base/hex.hpp"

#include <algorithm>
#include <chrono>
#include <string_view>

namespace reginfo {
namespace {

/// The functions take numbers of 15 digits, and nothing lives as long.
constexpr Duration kAgeMax = std::chrono::hours{24 * 365};

RedisWords call_of(const RedisOptions& options, std::string_view function) {
    return {"FCALL", "reginfod1_" + std::string(function), "0", options.cluster};
}

RedisWords call_of(
    const RedisOptions& options,
    std::string_view function,
    const std::string& cluster_id
) {
    RedisWords words = call_of(options, function);
    words.push_back(cluster_id);
    return words;
}

void add_founding(
    RedisWords& words,
    const RedisOptions& options,
    const std::string& cluster_id,
    std::uint64_t hash_seed
) {
    words.push_back(cluster_id);
    words.push_back(HexText(hash_seed).text());
    words.push_back(
        std::to_string(options.record_layout_min) + "-" + std::to_string(options.record_layout_max)
    );
}

}  // namespace

RedisWords begin_load_call(
    const RedisOptions& options,
    const std::string& cluster_id,
    std::uint64_t hash_seed
) {
    RedisWords words = call_of(options, "begin_load");
    add_founding(words, options, cluster_id, hash_seed);
    return words;
}

RedisWords end_load_call(const RedisOptions& options, const std::string& cluster_id) {
    return call_of(options, "end_load", cluster_id);
}

RedisWords abandon_load_call(const RedisOptions& options, const std::string& cluster_id) {
    return call_of(options, "abandon_load", cluster_id);
}

RedisWords look_call(const RedisOptions& options) { return call_of(options, "look"); }

LoadCall::LoadCall(const RedisOptions& options, const std::string& cluster_id, ShardId shard)
    : words_(call_of(options, "load", cluster_id)) {
    add_founding(words_, options, cluster_id, 0);  // of a cluster that there is
    words_.push_back(std::to_string(shard));
}

void LoadCall::begin_record(Duration age) {
    const Duration bounded = std::clamp(age, Duration::zero(), kAgeMax);
    words_.push_back(std::to_string(bounded.count()));
    words_.emplace_back("1");
    ++records_;
}

void LoadCall::add(const Write& write, Duration age) {
    begin_record(age);
    words_.push_back(std::string("+") + letter_of(write.bucket));
    words_.push_back(write.key);
    bytes_ += write.key.size();
    if (write.bucket == Bucket::unsettled) return;
    words_.push_back(*write.value);
    bytes_ += write.value->size();
}

bool LoadCall::is_full() const {
    return records_ >= CommitGroup::kCommitsMax || bytes_ >= CommitGroup::kBytesMax;
}

}  // namespace reginfo
