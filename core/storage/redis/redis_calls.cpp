/// @file

#include "core/storage/redis/redis_calls.hpp"

#include "core/base/hex.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <string_view>

namespace reginfo {
namespace {

std::string text_of(Duration duration) {
    return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

RedisWords call(const RedisOptions& options, std::string_view function) {
    return {"FCALL", "reginfod1_" + std::string(function), "0", options.cluster};
}

std::string layouts_of(const RedisOptions& options) {
    return std::to_string(options.record_layout_min) + "-" +
           std::to_string(options.record_layout_max);
}

void add(RedisWords& words, std::initializer_list<std::string> more) {
    words.insert(words.end(), more);
}

/// The same for join and beat. The bus comes later: until then a node hears what is for itself.
void add_node(RedisWords& words, const RedisOptions& options) {
    add(words,
        {layouts_of(options),
         options.node,
         options.incarnation,
         text_of(options.lease),
         "active",
         "1",
         "",
         options.via,
         options.version,
         "1-1"});
}

}  // namespace

RedisWords join_call(const RedisOptions& options, const ClusterSeen& seen) {
    RedisWords words = call(options, "join");
    add(words, {seen.id, options.new_cluster_id, HexText(options.new_hash_seed).text()});
    add_node(words, options);
    for (const std::string& before : options.incarnations_before) words.push_back(before);
    return words;
}

std::string join_trouble(const RedisReply& reply) {
    const bool has_rights_elsewhere = reply.text.find("can't access") != std::string::npos;
    return "cannot join: " + reply.text +
           (has_rights_elsewhere ? " (this user has rights to another cluster.name)" : "");
}

RedisWords beat_call(const RedisOptions& options, const ClusterSeen& seen) {
    RedisWords words = call(options, "beat");
    words.push_back(seen.id);
    add_node(words, options);
    add(words, {std::to_string(seen.view), std::to_string(seen.turn)});
    return words;
}

RedisWords claim_call(
    const RedisOptions& options,
    const ClusterSeen& seen,
    const std::vector<ShardId>& shards
) {
    RedisWords words = call(options, "claim");
    add(words, {seen.id, options.node, options.incarnation, text_of(options.lease)});
    for (const ShardId shard : shards) add(words, {std::to_string(shard), "0"});
    return words;
}

RedisWords leave_call(const RedisOptions& options, const ClusterSeen& seen) {
    RedisWords words = call(options, "leave");
    add(words, {seen.id, options.node, options.incarnation});
    return words;
}

bool read_seen(const RedisReply& reply, ClusterSeen& seen) {
    const auto number = [&](std::string_view name) {
        const RedisReply* found = reply.find(name);
        return found == nullptr ? std::optional<std::int64_t>() : found->number_value();
    };
    const auto turn = number("turn");
    const auto view = number("view");
    const auto now = number("now");
    const auto stamp = number("stamp");
    if (!turn || !view || !now || !stamp) return false;
    seen.turn = *turn;
    seen.view = *view;
    seen.now = *now;
    seen.stamp = *stamp;
    const RedisReply* meta = reply.find("meta");
    if (meta == nullptr) return true;
    const RedisReply* id = meta->find("cluster");
    const RedisReply* seed = meta->find("hash_seed");
    if (id == nullptr || seed == nullptr) return false;
    const auto hash_seed = parse_hex(seed->text);
    if (!hash_seed) return false;
    seen.id = id->text;
    seen.hash_seed = *hash_seed;
    return true;
}

std::optional<ShardId> shard_of(const RedisReply& reply) {
    const auto number = reply.number_value();
    if (!number || *number < 0 || *number >= static_cast<std::int64_t>(kShards)) return {};
    return static_cast<ShardId>(*number);
}

NodeId owner_in(const std::string& token) {
    const std::size_t incarnation = token.find('.');
    if (incarnation == std::string::npos) return {};
    const std::size_t name = token.find('.', incarnation + 1);
    if (name == std::string::npos) return {};
    return {token.substr(name + 1), token.substr(incarnation + 1, name - incarnation - 1)};
}

}  // namespace reginfo
