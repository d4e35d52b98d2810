/// @file
/// The store with a real Redis: crashes, take-overs, rights.

#include "core/storage/redis/redis_store.hpp"
#include "tests/storage/redis/redis_client.hpp"
#include "tests/storage/redis/redis_server.hpp"
#include "tests/storage/redis/socket_stream.hpp"
#include "tests/storage/redis/store_process.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace reginfo::test {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr auto kLong = 30s;  ///< longer than any test takes

/// A process with its connection.
struct Node {
    Node(const RedisOptions& options, const std::string& socket)
        : stream(socket), process(options, stream, SocketStream::now) {
        process.run = [this](std::chrono::milliseconds time) { run(time); };
        process.store.start();
    }
    void run(std::chrono::milliseconds time) {
        stream.run(process.store, time);
        process.store.deliver();
    }

    SocketStream stream;
    StoreProcess process;
};

class RedisStoreServerTest : public ::testing::Test {
protected:
    void start(std::vector<std::string> server_options = {}) {
        server = RedisServer::start(std::move(server_options));
        if (!server) GTEST_SKIP() << "redis-server is not installed";
    }
    static RedisOptions options_of(const char* name, const char* incarnation) {
        RedisOptions options = store_options(name, incarnation);
        options.lease = 400ms;
        options.beat = 40ms;
        options.retry_interval = 10ms;
        return options;
    }
    std::unique_ptr<Node> node(const RedisOptions& options) {
        return std::make_unique<Node>(options, server->socket());
    }
    /// Runs all of them until something is so.
    static bool until(const std::vector<Node*>& nodes, const std::function<bool()>& is_so) {
        const TimePoint end = SocketStream::now() + kLong;
        while (!is_so()) {
            if (SocketStream::now() > end) return false;
            for (Node* each : nodes) each->run(5ms);
        }
        return true;
    }
    static bool until_open(Node& each) {
        return until({&each}, [&] { return each.process.store.healthy(); });
    }
    /// What a process reads that starts now.
    std::map<std::pair<Bucket, std::string>, std::string> read_by_another() {
        const auto reader = node(options_of("reader", "00000000000000ff"));
        EXPECT_TRUE(until_open(*reader)) << reader->process.store.trouble();
        auto memory = reader->process.memory;
        EXPECT_TRUE(reader->process.store.leave(10s));
        return memory;
    }

    std::unique_ptr<RedisServer> server;
    RedisOptions options_a = options_of("node-a", "00000000000000aa");
    RedisOptions options_b = options_of("node-b", "00000000000000bb");
};

TEST_F(RedisStoreServerTest, WhatOneProcessWroteTheNextOneReads) {
    start();
    if (!server) return;
    auto first = node(options_a);
    ASSERT_TRUE(until_open(*first)) << first->process.store.trouble();
    first->process.commit(
        1,
        {{Bucket::aor, "sip:a", std::string("\0\r\n", 3)},
         {Bucket::dialog, "d", "2"},
         {Bucket::transaction, "t", "3"},
         {Bucket::aor, "gone", "4"}}
    );
    first->process.commit(2, {{Bucket::aor, "gone", {}}});
    for (CommitId id = 3; id < 1000; ++id) {
        first->process.put(id, "sip:" + std::to_string(id), "value");
    }
    ASSERT_TRUE(first->process.store.drain(kLong));
    first->process.store.deliver();
    ASSERT_TRUE(first->process.store.leave(kLong));
    const auto memory = first->process.memory;
    EXPECT_EQ(memory.size(), 1000U);
    EXPECT_EQ(read_by_another(), memory);
}

TEST_F(RedisStoreServerTest, WhatWasAcknowledgedSurvivesTheKillingOfRedis) {
    start({"--appendonly", "yes", "--appendfsync", "everysec"});
    if (!server) return;
    auto process = node(options_a);
    ASSERT_TRUE(until_open(*process));
    CommitId id = 0;
    for (int round = 0; round < 3; ++round) {
        for (int i = 0; i < 300; ++i) {
            ++id;
            process->process.put(id, "k" + std::to_string(id), std::to_string(round));
            process->run(0ms);
        }
        server->kill();
        process->process.put(++id, "while it is away", std::to_string(round));
        process->run(5ms);
        server->start_again();
        ASSERT_TRUE(until({process.get()}, [&] { return process->process.pending.empty(); }))
            << process->process.store.trouble();
    }
    EXPECT_EQ(process->process.store.stats().commits_failed, 0U);
    EXPECT_THAT(process->process.lost, IsEmpty());
    ASSERT_TRUE(process->process.store.leave(kLong));
    EXPECT_EQ(read_by_another(), process->process.memory);
}

TEST_F(RedisStoreServerTest, CutConnectionsLoseAndRepeatNothing) {
    start();
    if (!server) return;
    auto process = node(options_a);
    ASSERT_TRUE(until_open(*process));
    RedisClient operator_(server->socket());
    for (CommitId id = 1; id <= 600; ++id) {
        process->process.put(id, "k" + std::to_string(id % 50), std::to_string(id));
        if (id % 20 == 0) operator_.call({"CLIENT", "KILL", "SKIPME", "yes"});
        process->run(0ms);
    }
    ASSERT_TRUE(until({process.get()}, [&] { return process->process.pending.empty(); }));
    EXPECT_EQ(process->process.store.stats().commits, 600U);
    EXPECT_EQ(process->process.memory.size(), 50U);
    ASSERT_TRUE(process->process.store.leave(kLong));
    EXPECT_EQ(read_by_another(), process->process.memory);
}

TEST_F(RedisStoreServerTest, ARedisThatCameBackEmptyIsNotWrittenTo) {
    start();
    if (!server) return;
    auto process = node(options_a);
    ASSERT_TRUE(until_open(*process));
    server->kill();
    server->start_again();
    process->process.put(1, "k", "v");
    const auto is_noticed = [&] {
        return process->process.store.trouble().find("WRONG_CLUSTER") != std::string::npos;
    };
    EXPECT_TRUE(until({process.get()}, is_noticed));
    EXPECT_THAT(RedisClient(server->socket()).call({"KEYS", "*"}).items, IsEmpty());
    EXPECT_THAT(process->process.lost, IsEmpty());
}

TEST_F(RedisStoreServerTest, ALibraryThatWasRemovedIsLoadedAgain) {
    start();
    if (!server) return;
    auto process = node(options_a);
    ASSERT_TRUE(until_open(*process));
    RedisClient(server->socket()).call({"FUNCTION", "FLUSH"});
    process->process.put(1, "k", "v");
    EXPECT_TRUE(until({process.get()}, [&] { return process->process.pending.empty(); }));
}

TEST_F(RedisStoreServerTest, AnotherNodeWaitsAndTakesOverWhenTheFirstIsDead) {
    start();
    if (!server) return;
    auto first = node(options_a);
    ASSERT_TRUE(until_open(*first));
    first->process.put(1, "k", "v");
    auto second = node(options_b);
    const TimePoint begin = SocketStream::now();
    ASSERT_TRUE(until({first.get(), second.get()}, [&] {
        return SocketStream::now() > begin + 1s && first->process.pending.empty();
    }));
    EXPECT_TRUE(first->process.store.healthy());
    EXPECT_THAT(second->process.store.trouble(), HasSubstr("node-a has the shards"));
    const auto memory = first->process.memory;
    // It does not leave: it is silent.
    ASSERT_TRUE(until_open(*second)) << second->process.store.trouble();
    EXPECT_EQ(second->process.memory, memory);
    second->process.put(1, "k", "of the second");
    first->process.put(2, "k", "of the first");
    ASSERT_TRUE(until({first.get(), second.get()}, [&] {
        return !first->process.lost.empty() && second->process.pending.empty();
    }));
    EXPECT_THAT(first->process.answers, testing::ElementsAre(testing::Pair(1, true)));
    ASSERT_TRUE(second->process.store.leave(kLong));
    EXPECT_EQ(read_by_another(), second->process.memory);
}

TEST_F(RedisStoreServerTest, ANewProcessOfOneNameReplacesTheOneBefore) {
    start();
    if (!server) return;
    auto first = node(options_a);
    ASSERT_TRUE(until_open(*first));
    auto second = node(options_of("node-a", "00000000000000a2"));
    EXPECT_TRUE(until({first.get(), second.get()}, [&] {
        return !first->process.lost.empty() && second->process.store.healthy();
    }));
}

TEST_F(RedisStoreServerTest, ItDoesNotOpenWithoutTheReplicasThatItNeeds) {
    start();
    if (!server) return;
    options_a.replicas = 1;
    options_a.wait_timeout = 20ms;
    auto process = node(options_a);
    ASSERT_TRUE(until({process.get()}, [&] { return process->process.store.short_waits() > 3; }));
    EXPECT_FALSE(process->process.opened);
    EXPECT_THAT(process->process.store.trouble(), HasSubstr("0 replicas have the last commits"));
}

TEST_F(RedisStoreServerTest, ItSignsInWithTheRightsThatTheManualNames) {
    start();
    if (!server) return;
    RedisClient operator_(server->socket());
    for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
             {"ACL",
              "SETUSER",
              "reginfod",
              "on",
              ">secret",
              "~rg:*",
              "&rg:*",
              "+fcall",
              "+function|load",
              "+function|list",
              "+hset",
              "+hdel",
              "+hget",
              "+hmget",
              "+hgetall",
              "+hscan",
              "+sadd",
              "+srem",
              "+sscan",
              "+set",
              "+get",
              "+del",
              "+unlink",
              "+incr",
              "+exists",
              "+pexpire",
              "+time",
              "+publish",
              "+subscribe",
              "+wait",
              "+info",
              "+role",
              "+ping"},
             {"ACL", "SETUSER", "default", "off"}
         }) {
        ASSERT_EQ(operator_.call(words).text, "OK");
    }
    options_a.username = "reginfod";
    options_a.password = "secret";
    auto process = node(options_a);
    ASSERT_TRUE(until_open(*process)) << process->process.store.trouble();
    process->process.commit(1, {{Bucket::aor, "k", "v"}, {Bucket::transaction, "t", "v"}});
    EXPECT_TRUE(process->process.store.drain(kLong));
    options_b.username = "reginfod";
    options_b.password = "wrong";
    auto other = node(options_b);
    EXPECT_TRUE(until({other.get()}, [&] { return !other->process.lost.empty(); }));
    EXPECT_THAT(other->process.lost, HasSubstr("WRONGPASS"));
}

TEST_F(RedisStoreServerTest, WhoGaveWayToANewerProcessOfItsNameDoesNotComeBackInPlaceOfIt) {
    start();
    if (!server) return;
    auto first = node(options_a);
    ASSERT_TRUE(until_open(*first)) << first->process.store.trouble();
    auto newer = node(options_of("node-a", "00000000000000a2"));
    ASSERT_TRUE(until_open(*newer)) << newer->process.store.trouble();
    // A change that is fenced comes before a beat, so the process learns only that its shards are
    // gone.
    RedisOptions again = options_of("node-a", "00000000000000a3");
    again.incarnations_before = {options_a.incarnation};
    auto old = node(again);
    ASSERT_TRUE(until({newer.get(), old.get()}, [&] { return !old->process.lost.empty(); }));
    EXPECT_EQ(old->process.loss, RedisLoss::replaced);
    EXPECT_THAT(old->process.lost, HasSubstr("REPLACED"));
    EXPECT_TRUE(newer->process.store.healthy());
}

}  // namespace
}  // namespace reginfo::test
