/// @file

#include "tests/storage/redis/library_fixture.hpp"

#include "core/storage/redis/redis_library.hpp"

#include <algorithm>

namespace reginfo::test {

std::string Node::token(int epoch) const {
    return std::to_string(epoch) + "." + incarnation + "." + name;
}

void LibraryTest::SetUp() {
    server_ = RedisServer::start();
    if (!server_) GTEST_SKIP() << "redis-server is not installed";
    client_ = std::make_unique<RedisClient>(server_->socket());
    const RedisReply loaded = command({"FUNCTION", "LOAD", std::string(redis_library_code())});
    ASSERT_EQ(loaded.text, "reginfod1");
}

RedisReply LibraryTest::function(const std::string& name, const Words& arguments) {
    Words words = {"FCALL", "reginfod1_" + name, "0", "rg"};
    words.insert(words.end(), arguments.begin(), arguments.end());
    return command(words);
}

RedisReply LibraryTest::join(
    const Node& node,
    const std::string& expected,
    const Words& incarnations_before
) {
    Words words = {
        expected,
        kCluster,
        kSeed,
        node.layouts,
        node.name,
        node.incarnation,
        node.lease,
        node.state,
        node.ear,
        node.bus,
        "192.0.2.1:5060",
        "1.0",
        "1-1"
    };
    words.insert(words.end(), incarnations_before.begin(), incarnations_before.end());
    return function("join", words);
}

RedisReply LibraryTest::beat(const Node& node, std::int64_t view, std::int64_t turn) {
    return function(
        "beat",
        {kCluster,
         node.layouts,
         node.name,
         node.incarnation,
         node.lease,
         node.state,
         node.ear,
         node.bus,
         "192.0.2.1:5060",
         "1.0",
         "1-1",
         std::to_string(view),
         std::to_string(turn)}
    );
}

RedisReply LibraryTest::leave(const Node& node) {
    return function("leave", {kCluster, node.name, node.incarnation});
}

RedisReply LibraryTest::claim(const Node& node, const Words& shards) {
    Words words = {kCluster, node.name, node.incarnation, node.lease};
    words.insert(words.end(), shards.begin(), shards.end());
    return function("claim", words);
}

RedisReply LibraryTest::commit(const Node& node, const Group& group) {
    Words words = {
        kCluster, node.incarnation, group.seq, "1", group.shard, group.token, "1", group.waited
    };
    words.push_back(std::to_string(group.count));
    words.insert(words.end(), group.writes.begin(), group.writes.end());
    return function("commit", words);
}

void LibraryTest::pass_without_beats(std::int64_t milliseconds) {
    const std::int64_t last = *command({"HGET", "rg:clock", "last_beat"}).number_value();
    command({"HSET", "rg:clock", "last_beat", std::to_string(last - milliseconds * 1000)});
}

std::string LibraryTest::record(const std::string& key, const std::string& field) {
    const RedisReply stored = command({"HGET", key, field});
    return stored.text.size() < 8 ? "" : stored.text.substr(8);
}

std::vector<RedisReply> LibraryTest::everything() {
    RedisReply keys = command({"KEYS", "*"});
    std::ranges::sort(keys.items, {}, &RedisReply::text);
    std::vector<RedisReply> all;
    for (const RedisReply& key : keys.items) {
        all.push_back(key);
        all.push_back(command({"DUMP", key.text}));
    }
    return all;
}

std::vector<std::string> texts_of(const RedisReply* list) {
    std::vector<std::string> texts;
    if (list == nullptr) return texts;
    for (const RedisReply& item : list->items) {
        texts.push_back(item.kind == RedisReply::Kind::list ? item.items.at(0).text : item.text);
    }
    return texts;
}

}  // namespace reginfo::test
