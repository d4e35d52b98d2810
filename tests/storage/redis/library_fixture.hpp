/// @file
/// The function library in a real Redis, called as nodes call it.
#pragma once

#include "tests/storage/redis/redis_client.hpp"
#include "tests/storage/redis/redis_server.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace reginfo::test {

using Words = std::vector<std::string>;

inline const std::string kCluster = "cluster-0123456789";  ///< its id
inline const std::string kSeed = "0123456789abcdef";

/// A process: a name and an incarnation.
struct Node {
    std::string name;
    std::string incarnation;
    std::string state = "active";
    std::string ear = "1";
    std::string bus = "bus-run-id";
    std::string layouts = "1-2";
    std::string lease = "60000";  ///< milliseconds: longer than a test

    /// Its token of a shard.
    std::string token(int epoch) const;
};

const Node kA{"node-a", "00000000000000aa"};
const Node kB{"node-b.example.org", "00000000000000bb"};
const Node kC{"node-c", "00000000000000cc"};

/// A server and an observer's connection. The lease of a node ends, and time passes, by writing to
/// its keys.
class LibraryTest : public ::testing::Test {
protected:
    void SetUp() override;

    /// Calls a function of the cluster "rg".
    RedisReply function(const std::string& name, const Words& arguments);
    RedisReply command(const Words& words) { return client_->call(words); }

    RedisReply join(
        const Node& node,
        const std::string& expected = "",
        const Words& incarnations_before = {}
    );
    RedisReply beat(const Node& node, std::int64_t view = 0, std::int64_t turn = 0);
    RedisReply leave(const Node& node);
    /// @param shards  shard, epoch, shard, epoch...
    RedisReply claim(const Node& node, const Words& shards);
    /// A group with one commit.
    struct Group {
        std::string seq;
        std::string shard;
        std::string token;
        Words writes;  ///< kind, key, value; kind, key...
        int count = 1;
        std::string waited = "0";
    };
    RedisReply commit(const Node& node, const Group& group);

    /// The lease of a node ends.
    void end_lease(const Node& node) { command({"DEL", "rg:node:" + node.name}); }
    /// Nobody has beaten for so long.
    void pass_without_beats(std::int64_t milliseconds);
    void end_calm() { command({"HDEL", "rg:clock", "calm_until"}); }

    std::int64_t view() { return *command({"GET", "rg:view"}).number_value(); }
    std::string owner(const std::string& shard) { return command({"HGET", "rg:own", shard}).text; }
    /// A record without its stamp; empty if there is none.
    std::string record(const std::string& key, const std::string& field);
    /// All keys and values, to see that a call changed nothing.
    std::vector<RedisReply> everything();

    std::unique_ptr<RedisServer> server_;
    std::unique_ptr<RedisClient> client_;
};

/// The names of a list of pairs; of items of lists the first.
std::vector<std::string> texts_of(const RedisReply* list);

}  // namespace reginfo::test
