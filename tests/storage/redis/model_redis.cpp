/// @file

#include "tests/storage/redis/model_redis.hpp"

#include "core/storage/redis/redis_library.hpp"
#include "tests/storage/redis/model_commits.hpp"
#include "tests/storage/redis/model_members.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

namespace reginfo::test {
namespace {

using Function = RedisReply (*)(ModelCluster&, ModelArguments&);

RedisReply model_revision(ModelCluster&, ModelArguments&) {
    return reply_number(kRedisLibraryRevision);
}

Function find_function(const std::string& name) {
    static const std::map<std::string, Function> kFunctions = {
        {"reginfod1_join", model_join},
        {"reginfod1_beat", model_beat},
        {"reginfod1_claim", model_claim},
        {"reginfod1_commit", model_commit},
        {"reginfod1_handoff", model_handoff},
        {"reginfod1_leave", model_leave},
        {"reginfod1_load", model_load},
        {"reginfod1_look", model_look},
        {"reginfod1_revision", model_revision},
    };
    const auto found = kFunctions.find(name);
    return found == kFunctions.end() ? nullptr : found->second;
}

/// A page has so few items that there are several, and begins with the last one of the page before:
/// Redis may give an item twice.
constexpr std::size_t kPage = 5;

}  // namespace

void ModelRedis::set_time(std::int64_t now) {
    now_ = now;
    keys_.set_time(now);
}

RedisReply ModelRedis::call(const Words& words) {
    const std::uint64_t before = offset();
    RedisReply reply = execute(words);
    keys_.end_call();
    if (!is_lagging_) replicated_ = offset();
    if (observer_ && offset() != before) observer_(words, keys_.last_changes());
    return reply;
}

RedisReply ModelRedis::execute(const Words& words) {
    const std::string& name = words.at(0);
    if (name == "FCALL") return function(words);
    if (name == "HSCAN" || name == "SSCAN") return scan(words);
    if (name == "WAIT") return answer_wait(offset());
    if (name == "PING") return reply_status("PONG");
    if (name == "INFO") return info();
    if (name == "ROLE") {
        return reply_list({reply_text("master"), reply_number(0), reply_list({})});
    }
    if (name == "FUNCTION" && words.size() > 2 && words[1] == "LOAD") {
        has_library_ = true;
        return reply_text("reginfod1");
    }
    return edit(words);
}

/// What a test may do to the keys itself.
RedisReply ModelRedis::edit(const Words& words) {
    const std::string& name = words.at(0);
    if (name == "HSET") keys_.put(words.at(1), words.at(2), words.at(3));
    if (name == "HDEL") keys_.remove(words.at(1), words.at(2));
    if (name == "DEL") keys_.remove_key(words.at(1));
    if (name == "HSET" || name == "HDEL" || name == "DEL") return reply_number(1);
    return reply_error("ERR unknown command '" + name + "'");
}

RedisReply ModelRedis::function(const Words& words) {
    const Function called = has_library_ ? find_function(words.at(1)) : nullptr;
    if (called == nullptr) return reply_error("ERR Function not found");
    const Words list(words.begin() + 3, words.end());
    try {
        ModelArguments arguments(list);
        ModelCluster cluster(keys_, publish_, arguments.name(), now_);
        return called(cluster, arguments);
    } catch (const ModelRefusal& refusal) {
        return reply_error(refusal.word + " " + refusal.text);
    }
}

RedisReply ModelRedis::info() const {
    return reply_text(
        "# Server\r\nredis_version:7.0.15\r\nrun_id:" + run_id +
        "\r\n# Memory\r\nmaxmemory_policy:noeviction\r\n# Replication\r\nrole:master\r\n"
        "master_replid:" +
        run_id + "\r\n"
    );
}

RedisReply ModelRedis::scan(const Words& words) const {
    const std::string& key = words.at(1);
    RedisItems fields;
    if (words[0] == "SSCAN") {
        for (const std::string& member : keys_.set(key)) fields.push_back(reply_text(member));
    } else {
        fields = reply_fields(keys_.hash(key)).items;
    }
    const std::size_t step = words[0] == "SSCAN" ? 1 : 2;
    const std::size_t first = std::min<std::size_t>(std::stoull(words.at(2)) * step, fields.size());
    const std::size_t last = std::min(first + kPage * step, fields.size());
    RedisItems page(
        fields.begin() + static_cast<std::ptrdiff_t>(first),
        fields.begin() + static_cast<std::ptrdiff_t>(last)
    );
    const std::string next = last == fields.size() ? "0" : std::to_string(last / step - 1);
    return reply_list({reply_text(next), reply_list(std::move(page))});
}

void ModelRedis::set_lagging(bool is_lagging) {
    is_lagging_ = is_lagging;
    if (!is_lagging) replicated_ = offset();
}

std::int64_t ModelRedis::replicas_at(std::uint64_t offset) const {
    return replicated_ >= offset ? replicas : 0;
}

RedisReply ModelRedis::answer_wait(std::uint64_t offset) {
    const std::int64_t count = replicas_at(offset);
    if (count > 0) acknowledged_ = std::max(acknowledged_, offset);
    return reply_number(count);
}

std::uint64_t ModelRedis::kept_offset(std::uint64_t behind) const {
    const std::uint64_t oldest = offset() - keys_.log_size();
    const std::uint64_t least = std::max(replicas > 0 ? acknowledged_ : 0, oldest);
    return std::max(offset() - std::min(offset(), behind), least);
}

void ModelRedis::fail_over(std::uint64_t offset) {
    keys_.undo_until(offset);
    keys_.set_time(now_);
    replicated_ = keys_.offset();
    acknowledged_ = std::min(acknowledged_, replicated_);
    run_id = "run-" + std::to_string(++runs_);
}

void ModelRedis::wipe() {
    keys_ = ModelKeys();
    has_library_ = false;
    replicated_ = acknowledged_ = 0;
    run_id = "run-" + std::to_string(++runs_);
}

}  // namespace reginfo::test
