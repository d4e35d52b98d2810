/// @file

#include "tests/storage/redis/model_commits.hpp"

#include <algorithm>
#include <cstddef>
#include <set>
#include <sstream>
#include <utility>

namespace reginfo::test {
namespace {

constexpr std::int64_t kGeneration = 40'000'000;

struct Commit {
    std::size_t place = 0;  ///< of its shard, from 0
    std::int64_t age = 0;   ///< of its records
    std::vector<ModelWrite> writes;
};

std::string stamp_bytes(std::int64_t stamp) {
    std::string bytes;
    for (int shift = 56; shift >= 0; shift -= 8) {
        bytes.push_back(static_cast<char>(stamp >> shift & 0xff));
    }
    return bytes;
}

std::int64_t generation_of(std::int64_t time) {
    return time >= 0 ? time / kGeneration : (time + 1) / kGeneration - 1;
}

std::string reply_key(const std::string& shard, std::int64_t generation) {
    return "t:" + shard + ":" + std::to_string(generation);
}

void put_reply(
    ModelCluster& cluster,
    const std::string& shard,
    const std::string& field,
    const std::string& value
) {
    const std::int64_t generation = generation_of(cluster.now);
    const std::string key = reply_key(shard, generation);
    const bool is_new = !cluster.keys.exists(cluster.key(key));
    cluster.put(key, field, value);
    if (!is_new) return;
    const std::int64_t lasts = (generation + 2) * kGeneration - cluster.now;
    cluster.keys.end_after(cluster.key(key), (lasts + 999) / 1000);
}

void apply(
    ModelCluster& cluster,
    const std::string& shard,
    std::int64_t stamp,
    const ModelWrite& write
) {
    const char letter = write.kind[1];
    const bool is_added = write.kind[0] == '+';
    const std::string rest = std::string(1, letter) + ":" + shard;
    const std::string key = cluster.key(rest);
    if (letter == 'u') {
        is_added ? cluster.keys.add_member(key, write.key)
                 : cluster.keys.remove_member(key, write.key);
    } else if (letter == 'h') {
        cluster.keys.remove_key(key);
    } else if (letter == 't' && is_added) {
        put_reply(cluster, shard, write.key, stamp_bytes(stamp) + write.value);
    } else if (letter == 't') {
        const std::int64_t generation = generation_of(cluster.now);
        for (const std::int64_t old : {generation, generation - 1}) {
            cluster.keys.remove(cluster.key(reply_key(shard, old)), write.key);
        }
    } else if (!is_added) {
        cluster.keys.remove(key, write.key);
    } else {
        cluster.put(
            rest, write.key, letter == 'x' ? write.value : stamp_bytes(stamp) + write.value
        );
    }
}

/// Writes commits with their stamps. @param fenced  places that are left out
void apply(
    ModelCluster& cluster,
    const std::vector<std::string>& shards,
    const std::vector<Commit>& commits,
    const std::set<std::size_t>& fenced
) {
    const std::int64_t stamp = cluster.stamp();
    cluster.put("clock", "stamp", stamp);
    for (const Commit& commit : commits) {
        if (fenced.contains(commit.place)) continue;
        const std::int64_t made = std::max<std::int64_t>(0, stamp - commit.age);
        for (const ModelWrite& write : commit.writes) {
            apply(cluster, shards.at(commit.place), made, write);
        }
    }
}

/// Is this group done? @throw ModelRefusal  a later one is
std::optional<RedisReply> kept_reply(
    const ModelCluster& cluster,
    const std::string& incarnation,
    std::int64_t seq
) {
    const std::string* entry = cluster.keys.field(cluster.key("seq"), incarnation);
    if (entry == nullptr) return {};
    const std::size_t space = entry->find(' ');
    const std::int64_t last = std::stoll(entry->substr(0, space));
    if (seq > last) return {};
    if (seq < last) throw ModelRefusal{"STALE", "a later group is done"};
    const std::string kept = entry->substr(space + 1);
    if (kept.starts_with('=')) return reply_text(kept.substr(1));
    if (kept.starts_with('!')) return reply_error(kept.substr(1));
    std::vector<RedisReply> shards;
    std::istringstream words(kept);
    for (std::int64_t shard = 0; words >> shard;) shards.push_back(reply_number(shard));
    return reply_list(std::move(shards));
}

void keep_reply(
    ModelCluster& cluster,
    const std::string& incarnation,
    std::int64_t seq,
    const std::string& reply
) {
    cluster.put("seq", incarnation, std::to_string(seq) + " " + reply);
}

bool is_in_force(const ModelCluster& cluster, const std::string& shard, const std::string& text) {
    const ModelToken token = ModelToken::parse(text);
    return cluster.field("own", shard) == text &&
           cluster.incarnation_of(token.name) == token.incarnation;
}

}  // namespace

RedisReply model_commit(ModelCluster& cluster, ModelArguments& arguments) {
    cluster.take_id(arguments);
    const std::string& incarnation = arguments.incarnation();
    const std::int64_t seq = arguments.number();
    const std::int64_t count = arguments.number();
    ModelArguments::require(count >= 1 && count <= 256);
    std::vector<std::string> shards;
    std::set<std::size_t> fenced;
    std::vector<RedisReply> reply;
    std::string kept;
    for (std::size_t place = 0; place < static_cast<std::size_t>(count); ++place) {
        shards.push_back(arguments.shard());
        const std::string& token = arguments.token(incarnation);
        if (is_in_force(cluster, shards.back(), token)) continue;
        fenced.insert(place);
        reply.push_back(reply_number(std::stoll(shards.back())));
        kept += (kept.empty() ? "" : " ") + shards.back();
    }
    std::vector<Commit> commits;
    while (!arguments.is_over()) {
        const std::int64_t place = arguments.number();
        ModelArguments::require(place >= 1 && place <= count);
        const std::int64_t waited = arguments.number();
        const std::int64_t writes = arguments.number();
        commits.push_back({static_cast<std::size_t>(place - 1), waited, arguments.writes(writes)});
    }
    if (auto done = kept_reply(cluster, incarnation, seq)) return *done;
    if (fenced.size() < shards.size()) {
        apply(cluster, shards, commits, fenced);
        keep_reply(cluster, incarnation, seq, kept);
    }
    return reply_list(std::move(reply));
}

RedisReply model_handoff(ModelCluster& cluster, ModelArguments& arguments) {
    cluster.take_id(arguments);
    const std::string& incarnation = arguments.incarnation();
    const std::int64_t seq = arguments.number();
    const std::string shard = arguments.shard();
    const std::string& token = arguments.token(incarnation);
    const std::string& to = arguments.name();
    const std::string& to_incarnation = arguments.incarnation();
    const std::string& counters = arguments.text();
    arguments.finish();
    if (auto done = kept_reply(cluster, incarnation, seq)) return *done;
    if (!is_in_force(cluster, shard, token)) throw ModelRefusal{"FENCED", "shard " + shard};

    const std::string node = "node:" + to;
    if (to_incarnation == incarnation || !cluster.lives(to, to_incarnation) ||
        cluster.field(node, "state") != "active" || cluster.field(node, "ear") == "0") {
        const std::string refusal = "NOT_READY " + to + " cannot take shard " + shard;
        keep_reply(cluster, incarnation, seq, "!" + refusal);
        return reply_error(refusal);
    }
    const ModelToken given{ModelToken::parse(token).epoch + 1, to_incarnation, to};
    cluster.give(shard, given);
    if (counters.empty()) {
        cluster.keys.remove_key(cluster.key("h:" + shard));
    } else {
        cluster.keys.put_text(cluster.key("h:" + shard), given.text() + "\n" + counters);
    }
    keep_reply(cluster, incarnation, seq, "=" + given.text());
    cluster.raise_view({ModelCluster::shard_change(shard, given)});
    return reply_text(given.text());
}

RedisReply model_load(ModelCluster& cluster, ModelArguments& arguments) {
    ModelLayouts layouts;
    const ModelKeys::Hash made = cluster.take_meta(arguments, layouts);
    const std::string shard = arguments.shard();
    std::vector<Commit> loads;
    while (!arguments.is_over()) {
        const std::int64_t age = arguments.number();
        const std::int64_t writes = arguments.number();
        loads.push_back({0, age, arguments.writes(writes)});
    }
    for (const ModelCluster::Member& member : cluster.members()) {
        if (member.lives) throw ModelRefusal{"NOT_READY", member.name + " lives"};
    }

    cluster.write_meta(made);
    auto token = cluster.owner(shard);
    if (token && !token->name.empty()) {
        ++token->epoch;
        token->name.clear();
        cluster.give(shard, *token);
        cluster.raise_view({ModelCluster::shard_change(shard, *token)});
    }
    apply(cluster, {shard}, loads, {});
    return reply_status("OK");
}

}  // namespace reginfo::test
