/// @file

#include "tests/storage/redis/scripted_redis.hpp"

#include "core/storage/redis/redis_calls.hpp"
#include "core/storage/redis/redis_library.hpp"

#include <algorithm>
#include <utility>

namespace reginfo::test {

void ScriptedRedis::connect() {
    ++connections;
    is_connecting_ = true;
}

void ScriptedRedis::close() {
    is_connecting_ = is_connected_ = is_signed_in_ = false;
    waiting_.clear();
    out_.clear();
    commands_ = RedisReplyReader();
}

void ScriptedRedis::write(std::string bytes) {
    commands_.add(bytes);
    while (auto command = commands_.next()) {
        Words words;
        for (RedisReply& word : command->items) words.push_back(std::move(word.text));
        if (words.size() > 1 && words[1] == "reginfod1_commit" &&
            std::ranges::find(words, "-h") == words.end()) {
            groups.push_back(words);
        }
        names.push_back(words[0] == "FCALL" ? words[1] : words[0]);
        waiting_.push_back(std::move(words));
    }
}

void ScriptedRedis::run() {
    while (is_connecting_ || !out_.empty() || executes_next()) {
        if (std::exchange(is_connecting_, false)) {
            is_connected_ = !is_away;
            is_connected_ ? store_->handle_connected()
                          : store_->handle_closed("connection refused");
            if (is_connected_ && is_full) {
                store_->handle_bytes("-ERR max number of clients reached\r\n");
                if (is_connected_) cut();
            }
        } else if (!out_.empty()) {
            store_->handle_bytes(std::exchange(out_, {}));
        }
    }
}

/// Returns whether there was something to execute.
bool ScriptedRedis::executes_next() {
    if (waiting_.empty() || is_silent) return false;
    const Words& next = waiting_.front();
    const bool is_commit = next.size() > 1 && next[1] == "reginfod1_commit";
    if (is_commit && holds_commits) return false;
    const bool waits = is_awaited(next);
    if (waits && short_waits-- == 0) {
        short_waits = 0;
        return false;
    }
    const Words words = std::move(waiting_.front());
    waiting_.pop_front();
    execute(words);
    if (is_commit && loses_replies) cut();
    return true;
}

/// Whether this is a command that blocks until its time is over.
bool ScriptedRedis::is_awaited(const Words& words) const {
    if (words[0] == "WAIT") return wait_refusal.empty() && replicas < std::stoi(words[1]);
    constexpr const char* kAtOnce = "1";  // millisecond
    if (words[0] != "WAITAOF" || !waitaof_refusal.empty() || words[3] == kAtOnce) return false;
    return disks < std::stoi(words[1]) || replicas < std::stoi(words[2]);
}

void ScriptedRedis::answer_waitaof() {
    if (!waitaof_refusal.empty()) return error(waitaof_refusal);
    list(2);
    number(disks);
    number(replicas);
}

void ScriptedRedis::cut() {
    close();
    store_->handle_closed("connection reset");
}

void ScriptedRedis::give(const std::string& shard, const std::string& token) {
    data.own[shard] = token;
    const std::string name = owner_in(token).name;
    if (!name.empty()) data.members[name] = owner_in(token).incarnation;
    ++data.view;
}

void ScriptedRedis::restart(const std::string& node, const std::string& incarnation) {
    data.members[node] = incarnation;
    ++data.view;
}

void ScriptedRedis::replace(std::string new_run_id, Data new_data) {
    run_id = std::move(new_run_id);
    data = std::move(new_data);
    cut();
}

void ScriptedRedis::execute(const Words& words) {
    const std::string& name = words[0];
    if (name == "AUTH") {
        is_signed_in_ = words.back() == password;
        return is_signed_in_ ? status("OK") : error("WRONGPASS invalid username-password pair");
    }
    if (!password.empty() && !is_signed_in_) return error("NOAUTH Authentication required.");
    if (name == "INFO") return info();
    if (name == "CONFIG") return tell_config();
    if (name == "SELECT") return status("OK");
    if (name == "ROLE") {
        list(1);
        return text(role);
    }
    if (name == "WAIT") return wait_refusal.empty() ? number(replicas) : error(wait_refusal);
    if (name == "WAITAOF") return answer_waitaof();
    if (name == "FUNCTION") {
        library_code = words.back();
        library_revision = kRedisLibraryRevision;
        return text("reginfod1");
    }
    if (name == "HSCAN" || name == "SSCAN") return scan(words);
    call(words);
}

void ScriptedRedis::info() {
    text(
        "# Server\r\nredis_version:" + version + "\r\nrun_id:" + run_id +
        "\r\n# Memory\r\nmaxmemory_policy:" + policy + "\r\n# Replication\r\nmaster_replid:r\r\n" +
        more_info
    );
}

void ScriptedRedis::tell_config() {
    if (config.empty()) return error("NOPERM this user has no permissions to run 'config|get'");
    list(config.size() * 2);
    for (const auto& [name, value] : config) {
        text(name);
        text(value);
    }
}

void ScriptedRedis::call(const Words& words) {
    const std::string function = words.at(1).substr(10);
    if (function == "revision") {
        return library_revision < 0 ? error("ERR Function not found") : number(library_revision);
    }
    if (function == "commit") return commit(words);
    const bool is_meant = refused_function.empty() || refused_function == function;
    if (!membership_refusal.empty() && is_meant) return error(membership_refusal);
    if (function == "claim") return claim(words);
    if (function == "leave") return status("OK");
    if (function == "beat") {
        // The names of the arguments: reginfod1.lua.
        const std::int64_t turn_seen = std::stoll(words.back());
        if (words.at(4) != cluster) return error("WRONG_CLUSTER here is another cluster");
        if (data.turn + 120 < turn_seen) return error("WRONG_TURN this Redis is older");
        ++data.turn;
        return map("", words.at(words.size() - 2) != std::to_string(data.view));
    }
    const std::string& expected = words.at(4);
    if (!expected.empty() && expected != cluster) {
        return error("WRONG_CLUSTER here is another cluster");
    }
    restart(words.at(8), words.at(9));
    map(cluster, true);
}

void ScriptedRedis::map(const std::string& meta, bool has_owners) {
    list(10 + (meta.empty() ? 0U : 2U) + (has_owners ? 4U : 0U));
    for (const auto& [name, value] : std::map<std::string, std::int64_t>{
             {"now", 40'000'000'000},
             {"stamp", 40'000'000'000},
             {"turn", data.turn},
             {"view", data.view}
         }) {
        text(name);
        number(value);
    }
    text("gone");
    list(data.gone.size());
    for (const std::string& name : data.gone) text(name);
    if (!meta.empty()) {
        text("meta");
        list(4);
        for (const std::string& word :
             {std::string("cluster"),
              meta,
              std::string("hash_seed"),
              std::string("00000000000000ff")}) {
            text(word);
        }
    }
    if (!has_owners) return;
    nodes();
    text("own");
    list(data.own.size() * 2);
    for (const auto& [shard, token] : data.own) {
        text(shard);
        text(token);
    }
}

/// Without all that a node says of itself.
void ScriptedRedis::nodes() {
    text("nodes");
    list(data.members.size());
    for (const auto& [name, incarnation] : data.members) {
        list(2);
        text(name);
        text(incarnation);
    }
}

bool ScriptedRedis::is_free(const std::string& token, const std::string& owner) const {
    const std::string name = owner_in(token).name;
    const auto member = data.members.find(name);
    return name.empty() || token.ends_with(owner) || std::ranges::count(data.gone, name) > 0 ||
           member == data.members.end() || member->second != owner_in(token).incarnation;
}

void ScriptedRedis::claim(const Words& words) {
    const std::string owner = words.at(6) + "." + words.at(5);
    list((words.size() - 8) / 2);
    for (std::size_t i = 8; i < words.size(); i += 2) {
        const std::string before = data.own[words[i]];
        const bool is_granted = is_free(before, owner);
        const int epoch = before.empty() ? 0 : std::stoi(before);
        const std::string token = is_granted ? std::to_string(epoch + 1) + "." + owner : "";
        if (is_granted) data.own[words[i]] = token;
        list(3);
        number(std::stoll(words[i]));
        text(token);
        text(before);
    }
}

void ScriptedRedis::commit(const Words& words) {
    if (!refusal.empty()) return error(refusal);
    const std::uint64_t seq = std::stoull(words.at(6));
    if (seq < data.last_seq) return error("STALE a later group is done");
    if (seq == data.last_seq) {
        out_ += data.last_reply;
        return;
    }
    const std::size_t shards = std::stoull(words.at(7));
    std::vector<bool> is_fenced(shards + 1);
    std::vector<std::string> fenced;
    for (std::size_t place = 1; place <= shards; ++place) {
        const std::string& shard = words.at(6 + place * 2);
        is_fenced[place] = data.own[shard] != words.at(7 + place * 2);
        if (is_fenced[place]) fenced.push_back(shard);
    }
    for (std::size_t i = 8 + shards * 2; i < words.size();) {
        const std::size_t place = std::stoull(words.at(i));
        std::size_t count = std::stoull(words.at(i + 2));
        for (i += 3; count > 0; --count) {
            const std::string& kind = words.at(i);
            const bool has_value = kind == "+a" || kind == "+d" || kind == "+t";
            const std::string key = kind.substr(1) + " " + words.at(i + 1);
            if (kind[0] == '-')
                data.records.erase(key);
            else if (!is_fenced[place])
                data.records[key] = has_value ? words.at(i + 2) : "";
            i += has_value ? 3 : 2;
        }
    }
    const std::size_t start = out_.size();
    list(fenced.size());
    for (const std::string& shard : fenced) number(std::stoll(shard));
    data.last_seq = seq;
    data.last_reply = out_.substr(start);
}

/// All records are in shard 0, and come in one piece; their stamp is a second ago.
void ScriptedRedis::scan(const Words& words) {
    const std::string bucket = words.at(1).substr(3, 1);
    const bool is_here = words.at(1) == "rg:" + bucket + ":0" || words.at(1) == "rg:t:0:1000";
    Words found;
    for (const auto& [key, value] : data.records) {
        if (!is_here || key.substr(0, 1) != bucket) continue;
        found.push_back(key.substr(2));
        const std::int64_t stamp = 40'000'000'000 - 1'000'000;
        std::string stored;
        for (int shift = 56; shift >= 0; shift -= 8) {
            stored.push_back(static_cast<char>(stamp >> shift & 0xff));
        }
        if (bucket != "u") found.push_back(stored + value);
    }
    list(2);
    text("0");
    list(found.size());
    for (const std::string& word : found) text(word);
}

void ScriptedRedis::text(const std::string& value) {
    out_ += "$" + std::to_string(value.size()) + "\r\n" + value + "\r\n";
}

}  // namespace reginfo::test
