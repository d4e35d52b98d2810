/// @file
/// The functions load and look, and the library as a whole.

#include "core/storage/redis/redis_library.hpp"
#include "tests/storage/redis/library_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace reginfo::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class LoadTest : public LibraryTest {
protected:
    RedisReply load(const Words& rest, const std::string& expected = "") {
        Words words = {expected, kCluster, kSeed, "1-2", "5"};
        words.insert(words.end(), rest.begin(), rest.end());
        return function("load", words);
    }
};

TEST_F(LoadTest, RecordsAreLoadedIntoAnEmptyRedisWithTheirAge) {
    EXPECT_EQ(
        load({"3600000000", "1", "+a", "aor", "1", "0", "2", "+d", "d", "2", "+x", "t", "9"}).text,
        "OK"
    );
    EXPECT_EQ(record("rg:a:5", "aor"), "1");
    EXPECT_EQ(record("rg:d:5", "d"), "2");
    EXPECT_EQ(command({"HGET", "rg:x:5", "t"}).text, "9");
    const std::string older = command({"HGET", "rg:a:5", "aor"}).text.substr(0, 8);
    const std::string newer = command({"HGET", "rg:d:5", "d"}).text.substr(0, 8);
    EXPECT_LT(older, newer);
    EXPECT_EQ(command({"HGET", "rg:meta", "cluster"}).text, kCluster);
    EXPECT_EQ(join(kA, kCluster).kind, RedisReply::Kind::list);
}

TEST_F(LoadTest, NothingIsLoadedWhileANodeLives) {
    join(kA);
    EXPECT_TRUE(load({"0", "1", "+a", "k", "v"}).is_error("NOT_READY"));
    EXPECT_EQ(command({"EXISTS", "rg:a:5"}).number, 0);
    leave(kA);
    EXPECT_EQ(load({"0", "1", "+a", "k", "v"}).text, "OK");
}

TEST_F(LoadTest, WhoOwnedTheShardIsFenced) {
    join(kA);
    claim(kA, {"5", "0", "6", "0"});
    end_lease(kA);
    load({"0", "1", "+a", "k", "loaded"});
    load({"0", "1", "+a", "l", "loaded"});
    EXPECT_EQ(owner("5"), "2.00000000000000aa.");
    EXPECT_EQ(owner("6"), kA.token(1));
    beat(kA);
    EXPECT_EQ(commit(kA, {"1", "5", kA.token(1), {"-a", "k"}}).items.size(), 1U);
    EXPECT_EQ(record("rg:a:5", "k"), "loaded");
}

TEST_F(LoadTest, NothingIsLoadedIntoAnotherClusterThanExpected) {
    EXPECT_TRUE(load({"0", "1", "+a", "k", "v"}, kCluster).is_error("WRONG_CLUSTER"));
    EXPECT_THAT(everything(), IsEmpty());
}

TEST_F(LoadTest, ALoadOfWrongFormIsRefusedBeforeAnythingIsWritten) {
    for (const Words& rest : {Words{"0", "1", "+a", "k"}, Words{"0"}, Words{"x", "0"}}) {
        EXPECT_TRUE(load(rest).is_error("WRONG_ARGUMENT")) << rest.size();
    }
    EXPECT_THAT(everything(), IsEmpty());
}

TEST_F(LoadTest, PeopleSeeMembersAndOwners) {
    EXPECT_THAT(function("look", {}).find("nodes")->items, IsEmpty());
    join(kA);
    join(kB);
    claim(kB, {"5", "0"});
    end_lease(kA);
    const auto before = everything();
    const RedisReply seen = function("look", {});
    EXPECT_EQ(seen.find("meta")->find("cluster")->text, kCluster);
    EXPECT_EQ(seen.find("own")->find("5")->text, kB.token(1));
    const RedisReply* nodes = seen.find("nodes");
    ASSERT_EQ(nodes->items.size(), 2U);
    for (const RedisReply& node : nodes->items) {
        const bool is_alive = node.items.at(0).text == kB.name;
        EXPECT_EQ(node.items.at(2).text, is_alive ? "active" : "");
    }
    EXPECT_EQ(everything(), before);
}

TEST_F(LoadTest, TheLibrarySaysItsRevision) {
    EXPECT_EQ(function("revision", {}).number, kRedisLibraryRevision);
}

TEST_F(LoadTest, TheLibraryNeedsOnlyTheRightsThatTheManualNames) {
    command({"ACL",     "SETUSER",  "node",   "on",      ">secret", "~rg:*",    "&rg:*",
             "+fcall",  "+hset",    "+hdel",  "+hget",   "+hmget",  "+hgetall", "+hscan",
             "+sadd",   "+srem",    "+sscan", "+set",    "+get",    "+del",     "+incr",
             "+exists", "+pexpire", "+time",  "+publish"});
    ASSERT_EQ(command({"AUTH", "node", "secret"}).text, "OK");
    EXPECT_EQ(join(kA).kind, RedisReply::Kind::list);
    EXPECT_EQ(join(kB).kind, RedisReply::Kind::list);
    EXPECT_EQ(beat(kA).kind, RedisReply::Kind::list);
    EXPECT_EQ(claim(kA, {"5", "0"}).kind, RedisReply::Kind::list);
    const RedisReply done = commit(
        kA,
        {"1",
         "5",
         kA.token(1),
         {"+a", "k", "v", "+t", "k", "v", "-t", "k", "+u", "k", "-u", "k", "-a", "k", "-h", ""},
         7}
    );
    EXPECT_EQ(done.kind, RedisReply::Kind::list) << done.text;
    EXPECT_EQ(
        function(
            "handoff",
            {kCluster, kA.incarnation, "2", "5", kA.token(1), kB.name, kB.incarnation, "c"}
        )
            .text,
        kB.token(2)
    );
    EXPECT_EQ(leave(kB).text, "OK");
    EXPECT_EQ(function("look", {}).kind, RedisReply::Kind::list);
}

}  // namespace
}  // namespace reginfo::test
