/// @file

#include "tests/storage/redis/cluster_witness.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string_view>

namespace reginfo::test {
namespace {

using Words = ModelRedis::Words;

[[noreturn]] void fail(const std::string& what) { throw std::runtime_error(what); }

std::string joined(const Words& words) {
    std::string out;
    for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
    return out;
}

/// "rg:a:17" -> "17"; empty if the key has no records.
std::string shard_in(const std::string& key) {
    constexpr std::string_view kLetters = "adtuhx";
    if (key.size() < 6 || kLetters.find(key[3]) == std::string_view::npos || key[4] != ':')
        return "";
    return key.substr(5, key.find(':', 5) - 5);
}

/// The tokens of a group, by their shards.
std::map<std::string, std::string> tokens_in(const Words& words) {
    std::map<std::string, std::string> tokens;
    if (words.size() < 8 || words[1] != "reginfod1_commit") return tokens;
    for (std::size_t i = 0; i < std::stoull(words[7]); ++i) {
        tokens[words.at(8 + i * 2)] = words.at(9 + i * 2);
    }
    return tokens;
}

std::int64_t stamp_in(std::string_view stored) {
    std::uint64_t stamp = 0;
    for (const char byte : stored.substr(0, 8))
        stamp = stamp << 8U | static_cast<std::uint8_t>(byte);
    return static_cast<std::int64_t>(stamp);
}

const ModelKeys::Hash& own_before(const ModelRedis& redis, const ModelKeys::Changes& changes) {
    static const ModelKeys::Hash kNone;
    const auto changed = changes.find("rg:own");
    if (changed == changes.end()) return redis.keys().hash("rg:own");
    return changed->second ? std::get<ModelKeys::Hash>(changed->second->content) : kNone;
}

}  // namespace

ClusterWitness::ClusterWitness(ModelRedis& redis) : redis_(redis) {
    redis.observe([this](const Words& words, const ModelKeys::Changes& changes) {
        handle_call(words, changes);
    });
}

void ClusterWitness::handle_call(const Words& words, const ModelKeys::Changes& changes) {
    check_records(words, changes);
    if (changes.contains("rg:own")) note_tokens(own_before(redis_, changes));
    if (words.at(1) == "reginfod1_commit") note_group(words);
}

void ClusterWitness::check_records(const Words& words, const ModelKeys::Changes& changes) const {
    const auto tokens = tokens_in(words);
    const ModelKeys::Hash& own = own_before(redis_, changes);
    for (const auto& [key, before] : changes) {
        const std::string shard = shard_in(key);
        if (shard.empty()) continue;
        const auto sent = tokens.find(shard);
        const auto present = own.find(shard);
        if (sent != tokens.end() && present != own.end() && sent->second == present->second)
            continue;
        fail("I1: " + key + " changes by " + joined(words));
    }
}

void ClusterWitness::note_tokens(const ModelKeys::Hash& before) {
    for (const auto& [shard, token] : redis_.keys().hash("rg:own")) {
        const auto was = before.find(shard);
        if (was != before.end() && was->second == token) continue;
        if (shard == "0" && was != before.end()) {
            replaced_[ModelToken::parse(was->second).incarnation] = now_;
        }
        const ModelToken given = ModelToken::parse(token);
        if (given.name.empty()) continue;
        if (shard == "0") replaced_.erase(given.incarnation);
        if (!given_.try_emplace(shard + " " + token, redis_.offset()).second) {
            fail("I2: given twice: " + shard + " " + token);
        }
    }
}

void ClusterWitness::note_group(const Words& words) {
    std::vector<Group>& groups = groups_[words.at(5)];
    const Group group{redis_.offset(), std::stoull(words.at(6))};
    if (!groups.empty() && groups.back().seq >= group.seq) {
        fail("I8: executed again, or out of order: " + joined(words));
    }
    groups.push_back(group);
    for (std::size_t i = 0; i + 1 < words.size(); ++i) {
        if (words[i] != "+t") continue;
        // A record that is written again is alone in its commit: "place waited 1 +t key value".
        note_commit(std::stoull(words[i + 1].substr(1)), words[i - 1] == "1");
    }
    if (std::ranges::find(words, "-h") != words.end()) note_opening(words);
}

/// Another Redis may get a commit again.
void ClusterWitness::note_commit(CommitId id, bool is_rewrite) {
    commits_.insert(id);
    Execution& execution = executions_[id];
    if (execution.run_id == redis_.run_id && !is_rewrite) {
        fail("I8: commit " + std::to_string(id) + " is executed twice");
    }
    execution.run_id = redis_.run_id;
    if (execution.offset == 0) execution.offset = redis_.offset();
}

void ClusterWitness::note_opening(const Words& words) {
    for (const auto& [shard, token] : tokens_in(words)) {
        if (!opened_.insert(shard + " " + token).second) {
            fail("I2: opened twice: " + shard + " " + token);
        }
    }
    openings_[words.at(5)] = {records(), transactions(std::chrono::seconds{30})};
}

void ClusterWitness::handle_fail_over() {
    for (auto& [incarnation, groups] : groups_) {
        while (!groups.empty() && groups.back().offset > redis_.offset()) groups.pop_back();
    }
    std::erase_if(executions_, [this](const auto& item) {
        return item.second.offset > redis_.offset();
    });
    // Nobody has written under these, so who has not heard of them may get them again.
    std::erase_if(given_, [this](const auto& item) {
        return item.second > redis_.offset() && !opened_.contains(item.first);
    });
    replaced_.erase(owner());
}

ClusterWitness::Records ClusterWitness::records() const {
    Records records;
    for (const auto& [key, value] : redis_.keys().hash("rg:a:0")) {
        records[{Bucket::aor, key}] = value.substr(8);
    }
    for (const auto& [key, value] : redis_.keys().hash("rg:d:0")) {
        records[{Bucket::dialog, key}] = value.substr(8);
    }
    for (const std::string& key : redis_.keys().set("rg:u:0")) records[{Bucket::unsettled, key}];
    return records;
}

ClusterWitness::Records ClusterWitness::transactions(Duration age) const {
    Records records;
    for (const auto& [key, value] : redis_.keys().all()) {
        if (!key.starts_with("rg:t:0:")) continue;
        for (const auto& [field, stored] : std::get<ModelKeys::Hash>(value.content)) {
            if (redis_.now() - stamp_in(stored) <= age.count()) {
                records[{Bucket::transaction, field}] = stored.substr(8);
            }
        }
    }
    return records;
}

const ClusterWitness::Opening* ClusterWitness::opening(const std::string& incarnation) const {
    const auto found = openings_.find(incarnation);
    return found == openings_.end() ? nullptr : &found->second;
}

std::optional<std::uint64_t> ClusterWitness::executed(CommitId id) const {
    const auto found = executions_.find(id);
    if (found == executions_.end()) return {};
    return found->second.offset;
}

std::optional<TimePoint> ClusterWitness::replaced(const std::string& incarnation) const {
    const auto found = replaced_.find(incarnation);
    if (found == replaced_.end()) return {};
    return found->second;
}

std::string ClusterWitness::owner() const {
    const std::string* token = redis_.keys().field("rg:own", "0");
    if (token == nullptr) return {};
    const ModelToken parsed = ModelToken::parse(*token);
    return parsed.name.empty() ? std::string() : parsed.incarnation;
}

}  // namespace reginfo::test
