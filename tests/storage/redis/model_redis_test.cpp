/// @file
/// The model of Redis, on which the store is simulated, against reginfod1.lua in a real one: the
/// same calls at the same times have the same replies, keys and messages.
///
/// REGINFO_SIM_RUNS=20000 makes that many runs (200 unless set). A failure prints the shrunk calls.

#include "tests/storage/redis/model_redis.hpp"

#include "core/storage/redis/redis_library.hpp"
#include "tests/storage/redis/library_calls.hpp"
#include "tests/storage/redis/redis_client.hpp"
#include "tests/storage/redis/redis_server.hpp"
#include "tests/support/property.hpp"

#include <gtest/gtest.h>

#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace rc {

using reginfo::test::LibraryCall;

template <>
struct Arbitrary<LibraryCall> {
    static Gen<LibraryCall> arbitrary() {
        using Op = LibraryCall::Op;
        return gen::build<LibraryCall>(
            gen::set(
                &LibraryCall::op,
                gen::weightedElement<Op>({
                    {6, Op::join},
                    {12, Op::beat},
                    {10, Op::claim},
                    {20, Op::commit},
                    {6, Op::handoff},
                    {2, Op::leave},
                    {2, Op::load},
                    {1, Op::look},
                    {1, Op::revision},
                    {12, Op::pass},
                    {2, Op::edit},
                })
            ),
            gen::set(
                &LibraryCall::node,
                gen::weightedElement<std::uint8_t>({{6, 0}, {4, 1}, {2, 2}, {1, 3}, {1, 4}})
            ),
            gen::set(
                &LibraryCall::choices,
                gen::resize(
                    40,
                    gen::container<std::vector<std::uint8_t>>(gen::inRange<std::uint8_t>(0, 240))
                )
            ),
            gen::set(
                &LibraryCall::flaw,
                gen::map(
                    gen::inRange(0, 80),
                    [](int i) { return static_cast<std::uint8_t>(std::max(i - 64, 0)); }
                )
            ),
            gen::set(&LibraryCall::place, gen::inRange<std::uint8_t>(0, 240))
        );
    }
};

}  // namespace rc

namespace reginfo::test {
namespace {

using Words = std::vector<std::string>;

/// Stands at the head of the library: a test sets the time, and keys end only when it removes them.
/// Some of `redis` is there while the library is loaded, and some while a function runs.
constexpr std::string_view kClock = R"(
local function real() return redis end
local redis = {
    register_function = redis.register_function,
    error_reply = function(text) return real().error_reply(text) end,
    status_reply = function(text) return real().status_reply(text) end,
    call = function(command, ...)
        local call = real().call
        if command == 'TIME' then return call('HMGET', 'test:now', 'seconds', 'rest') end
        if command ~= 'PEXPIRE' then return call(command, ...) end
        local key, lasts = ...
        local now = call('HMGET', 'test:now', 'seconds', 'rest')
        local ends = now[1] * 1000 + math.floor(now[2] / 1000) + lasts
        call('HSET', 'test:ends', key, string.format('%.0f', ends))
        return call('PEXPIRE', key, '100000000')
    end,
}
)";

constexpr std::string_view kDump = R"(
local keys, out = redis.call('KEYS', '*'), {}
table.sort(keys)
for _, key in ipairs(keys) do
    if key:sub(1, 5) ~= 'test:' then
        local kind = redis.call('TYPE', key).ok
        local commands = {hash = 'HGETALL', set = 'SMEMBERS', string = 'GET'}
        local ends = redis.call('PTTL', key) > 0 and redis.call('HGET', 'test:ends', key) or ''
        out[#out + 1] = {key, kind, redis.call(commands[kind], key), ends}
    end
end
return out
)";

std::string library_with_clock() {
    std::string code(redis_library_code());
    return code.insert(code.find('\n'), kClock);
}

std::string shown(std::string_view text) {
    std::string out;
    for (const char c : text) {
        constexpr std::string_view kDigits = "0123456789abcdef";
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 32 && byte < 127 && c != '\\') {
            out += c;
        } else {
            out += {'\\', kDigits[byte >> 4U], kDigits[byte & 15U]};
        }
    }
    return out;
}

std::string joined(std::vector<std::string> parts, bool is_sorted) {
    if (is_sorted) std::ranges::sort(parts);
    std::string out;
    for (const std::string& part : parts) out += part + ", ";
    return "[" + out + "]";
}

std::string pairs_shown(const std::vector<RedisReply>& items) {
    std::vector<std::string> pairs;
    for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
        pairs.push_back(shown(items[i].text) + "=" + shown(items[i + 1].text));
    }
    return joined(std::move(pairs), true);
}

/// A reply as text. Of an error only the first word counts, and Redis gives the fields of a hash in
/// no order.
std::string shown(const RedisReply& reply, bool is_sorted = false) {
    switch (reply.kind) {
        case RedisReply::Kind::nil:
            return "nil";
        case RedisReply::Kind::status:
            return "status " + reply.text;
        case RedisReply::Kind::error:
            return "error " + reply.text.substr(0, reply.text.find(' '));
        case RedisReply::Kind::text:
            return shown(reply.text);
        case RedisReply::Kind::number:
            return "number " + std::to_string(reply.number);
        case RedisReply::Kind::list:
            break;
    }
    std::vector<std::string> parts;
    std::string name;
    for (const RedisReply& item : reply.items) {
        const bool is_hash = name == "own" || name == "meta";
        const bool is_set = name == "nodes" || name == "gone";
        parts.push_back(is_hash ? pairs_shown(item.items) : shown(item, is_set));
        name = item.text;
    }
    return joined(std::move(parts), is_sorted);
}

/// A message of the channel: the order of what changed does not matter.
std::string message_shown(const std::string& text) {
    std::vector<std::string> words;
    for (std::size_t start = 0; start <= text.size();) {
        const std::size_t end = std::min(text.find(' ', start), text.size());
        words.push_back(text.substr(start, end - start));
        start = end + 1;
    }
    std::string number = words.front();
    words.erase(words.begin());
    return number + " " + joined(std::move(words), true);
}

/// Both, with the same calls.
class Twins {
public:
    explicit Twins(RedisServer& server) : redis_(server.socket()), observer_(server.socket()) {
        const RedisReply loaded = redis_.call({"FUNCTION", "LOAD", library_with_clock()});
        if (loaded.is_error()) throw std::runtime_error(loaded.text);
        observer_.call({"SUBSCRIBE", "rg:v"});
        model_.call({"FUNCTION", "LOAD", "the library"});
    }

    void run(bool has_cluster, const std::vector<LibraryCall>& calls) {
        redis_.call({"FLUSHALL"});
        model_.wipe();
        model_.call({"FUNCTION", "LOAD", "the library"});
        model_.published.clear();
        set_time(kStart);
        if (has_cluster) {
            play(words_of({LibraryCall::Op::join, 1}, model_.keys()));
            play(words_of({LibraryCall::Op::join, 0}, model_.keys()));
            play(words_of({LibraryCall::Op::claim, 0, {0, 2, 0, 0, 1, 0, 2}}, model_.keys()));
        }
        for (const LibraryCall& call : calls) {
            if (call.op == LibraryCall::Op::pass) {
                set_time(model_.now() + time_of(call));
                compare("pass", "", "");
            } else {
                play(words_of(call, model_.keys()));
            }
        }
    }

    /// First words of the replies, and how often they came.
    const std::map<std::string, int>& outcomes() const { return outcomes_; }

private:
    static constexpr std::int64_t kStart = 900'000'000'123'456;

    void set_time(std::int64_t now) {
        const auto before = model_.keys().all();
        model_.set_time(now);
        for (const auto& [key, value] : before) {
            if (!model_.keys().exists(key)) redis_.call({"DEL", key});
        }
        redis_.call(
            {"HSET",
             "test:now",
             "seconds",
             std::to_string(now / 1'000'000),
             "rest",
             std::to_string(now % 1'000'000)}
        );
    }

    void play(const Words& words) {
        const RedisReply real = redis_.call(words);
        const RedisReply model = model_.call(words);
        std::string what;
        for (const std::string& word : words) what += " " + shown(word);
        const bool is_edit = words[0] != "FCALL";
        if (!is_edit) note_outcome(words, model);
        compare(what, is_edit ? "" : shown(real), is_edit ? "" : shown(model));
    }

    void note_outcome(const Words& words, const RedisReply& reply) {
        const std::string name = words[1].substr(words[1].find('_') + 1);
        const bool is_error = reply.is_error();
        ++outcomes_[name + " " + (is_error ? reply.text.substr(0, reply.text.find(' ')) : "ok")];
        if (name == "commit" && !reply.items.empty()) ++outcomes_["commit with fenced shards"];
        for (const ModelRedis::Message& message : model_.published) {
            for (const char* change : {" shard ", " node ", " left ", " layout "}) {
                if (message.text.find(change) != std::string::npos) ++outcomes_[change];
            }
        }
        for (const auto& [key, value] : model_.keys().all()) ++outcomes_[key.substr(0, 4)];
    }

    void compare(const std::string& what, const std::string& real, const std::string& model) {
        const std::string at = "after" + what + "\n";
        require_text(at + "reply " + real, at + "reply " + model);
        require_text(at + real_messages(), at + model_messages());
        require_text(at + real_keys(), at + model_keys());
    }

    static void require_text(const std::string& real, const std::string& model) {
        if (real != model) RC_FAIL("Redis: " + real + "\nmodel: " + model);
    }

    std::string real_messages() {
        redis_.call({"PUBLISH", "rg:v", "end"});
        std::string out;
        while (true) {
            const RedisReply message = observer_.receive();
            const std::string& text = message.items.at(2).text;
            if (text == "end") return out;
            out += "message " + message_shown(text) + "\n";
        }
    }

    std::string model_messages() {
        std::string out;
        for (const ModelRedis::Message& message : model_.published) {
            if (message.channel == "rg:v") out += "message " + message_shown(message.text) + "\n";
        }
        model_.published.clear();
        return out;
    }

    std::string real_keys() {
        std::string out;
        for (const RedisReply& key : redis_.call({"EVAL", std::string(kDump), "0"}).items) {
            const RedisReply& content = key.items.at(2);
            const std::string& kind = key.items.at(1).text;
            const std::string value =
                kind == "hash" ? pairs_shown(content.items) : shown(content, true);
            out += shown(key.items.at(0).text) + ": " + value + " " + key.items.at(3).text + "\n";
        }
        return out;
    }

    std::string model_keys() const {
        std::string out;
        for (const auto& [key, value] : model_.keys().all()) {
            out += shown(key) + ": ";
            if (const auto* fields = std::get_if<ModelKeys::Hash>(&value.content)) {
                out += pairs_shown(reply_fields(*fields).items);
            } else if (const auto* members = std::get_if<ModelKeys::Set>(&value.content)) {
                std::vector<std::string> parts;
                for (const std::string& member : *members) parts.push_back(shown(member));
                out += joined(std::move(parts), true);
            } else {
                out += shown(std::get<std::string>(value.content));
            }
            out += " " + (value.ends ? std::to_string(*value.ends) : "") + "\n";
        }
        return out;
    }

    RedisClient redis_;
    RedisClient observer_;
    ModelRedis model_;
    std::map<std::string, int> outcomes_;
};

TEST(ModelRedis, RepliesStoresAndPublishesWhatTheLibraryDoesInRedis) {
    const auto server = RedisServer::start();
    if (!server) GTEST_SKIP() << "redis-server is not installed";
    Twins twins(*server);
    check_property(
        "max_success=200 seed=1",
        [&](bool is_new, const std::vector<LibraryCall>& calls) { twins.run(!is_new, calls); }
    );
    // Each way out of each function was gone: else the agreement means nothing.
    for (const char* outcome :
         {"join ok",
          "join WRONG_ARGUMENT",
          "join WRONG_CLUSTER",
          "join WRONG_LAYOUT",
          "beat ok",
          "beat WRONG_ARGUMENT",
          "beat WRONG_CLUSTER",
          "beat WRONG_TURN",
          "beat REPLACED",
          "beat FORGOTTEN",
          "claim ok",
          "claim WRONG_ARGUMENT",
          "claim REPLACED",
          "claim FORGOTTEN",
          "claim NOT_READY",
          "claim WRONG_CLUSTER",
          "commit ok",
          "commit WRONG_ARGUMENT",
          "commit STALE",
          "commit WRONG_CLUSTER",
          "handoff ok",
          "handoff WRONG_ARGUMENT",
          "handoff NOT_READY",
          "handoff FENCED",
          "leave ok",
          "leave REPLACED",
          "load ok",
          "load NOT_READY",
          "look ok",
          "revision ok",
          " shard ",
          " node ",
          " left ",
          " layout ",
          "rg:a",
          "rg:d",
          "rg:t",
          "rg:u",
          "rg:h",
          "rg:x",
          "commit with fenced shards"}) {
        EXPECT_GT(twins.outcomes().count(outcome), 0U) << outcome;
    }
}

}  // namespace
}  // namespace reginfo::test
