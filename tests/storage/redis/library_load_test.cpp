/// @file
/// The functions of a load, look, and the library as a whole.

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
    static inline const std::string kNew = "another-0123456789";

    RedisReply begin(const std::string& id = kNew) {
        return function("begin_load", {id, "fedcba9876543210", "1-2"});
    }
    RedisReply load(const Words& rest, const std::string& id = kNew) {
        Words words = {id, kCluster, kSeed, "1-2", "5"};
        words.insert(words.end(), rest.begin(), rest.end());
        return function("load", words);
    }
    RedisReply end(const std::string& id = kNew) { return function("end_load", {id}); }
    RedisReply abandon(const std::string& id = kNew) { return function("abandon_load", {id}); }
};

TEST_F(LoadTest, RecordsAreLoadedIntoAnEmptyRedisWithTheirAge) {
    EXPECT_EQ(begin().text, "OK");
    EXPECT_EQ(
        load({"3600000000", "1", "+a", "aor", "1", "0", "2", "+d", "d", "2", "+x", "t", "9"}).text,
        "OK"
    );
    EXPECT_EQ(end().text, "OK");
    EXPECT_EQ(record("rg:a:5", "aor"), "1");
    EXPECT_EQ(record("rg:d:5", "d"), "2");
    EXPECT_EQ(command({"HGET", "rg:x:5", "t"}).text, "9");
    const std::string older = command({"HGET", "rg:a:5", "aor"}).text.substr(0, 8);
    const std::string newer = command({"HGET", "rg:d:5", "d"}).text.substr(0, 8);
    EXPECT_LT(older, newer);
    EXPECT_EQ(command({"HGET", "rg:meta", "cluster"}).text, kNew);
    EXPECT_EQ(command({"HGET", "rg:meta", "hash_seed"}).text, "fedcba9876543210");
    EXPECT_EQ(join(kA, kNew).kind, RedisReply::Kind::list);
}

TEST_F(LoadTest, WhereThereIsNoClusterALoadWithoutABeginningMakesOne) {
    EXPECT_EQ(load({"0", "1", "+a", "k", "v"}, "").text, "OK");
    EXPECT_EQ(join(kA, kCluster).kind, RedisReply::Kind::list);
}

TEST_F(LoadTest, NobodyJoinsBeforeTheLoadHasEnded) {
    begin();
    load({"0", "1", "+a", "k", "v"});
    EXPECT_TRUE(join(kA).is_error("NOT_READY"));
    end();
    EXPECT_EQ(join(kA).kind, RedisReply::Kind::list);
}

TEST_F(LoadTest, ASecondLoadTakesThePlaceOfOneThatWasCutShort) {
    begin();
    load({"0", "5", "+a", "k", "v", "+d", "k", "v", "+t", "k", "v", "+u", "k", "+x", "k", "9"});
    const std::string another = "second-0123456789";
    EXPECT_EQ(begin(another).text, "OK");
    EXPECT_THAT(command({"KEYS", "rg:?:5*"}).items, IsEmpty());
    EXPECT_TRUE(load({"0", "1", "+a", "k", "v"}).is_error("WRONG_CLUSTER"));
    EXPECT_TRUE(end().is_error("WRONG_CLUSTER"));
    EXPECT_EQ(load({"0", "1", "+a", "l", "w"}, another).text, "OK");
    EXPECT_EQ(end(another).text, "OK");
    EXPECT_EQ(record("rg:a:5", "k"), "");
    EXPECT_EQ(record("rg:a:5", "l"), "w");
}

TEST_F(LoadTest, NothingIsLeftOfALoadThatIsAbandoned) {
    begin();
    load({"0", "5", "+a", "k", "v", "+d", "k", "v", "+t", "k", "v", "+u", "k", "+x", "k", "9"});
    EXPECT_EQ(abandon().text, "OK");
    EXPECT_EQ(command({"KEYS", "*"}).items.size(), 1U) << "the clock, which never goes back";
    EXPECT_EQ(join(kA).kind, RedisReply::Kind::list);
}

TEST_F(LoadTest, AClusterInUseIsNeitherEndedNorAbandoned) {
    join(kA);
    leave(kA);
    const auto before = everything();
    EXPECT_TRUE(end(kCluster).is_error("WRONG_ARGUMENT"));
    EXPECT_TRUE(abandon(kCluster).is_error("WRONG_ARGUMENT"));
    EXPECT_EQ(everything(), before);
}

TEST_F(LoadTest, NothingIsLoadedWhileANodeLives) {
    join(kA);
    EXPECT_TRUE(begin().is_error("NOT_READY"));
    EXPECT_TRUE(load({"0", "1", "+a", "k", "v"}, kCluster).is_error("NOT_READY"));
    EXPECT_EQ(command({"EXISTS", "rg:a:5"}).number, 0);
    leave(kA);
    EXPECT_EQ(load({"0", "1", "+a", "k", "v"}, kCluster).text, "OK");
}

TEST_F(LoadTest, AClusterWithRecordsIsNotReplaced) {
    for (const std::string kind : {"a", "d"}) {
        command({"FLUSHALL"});
        join(kA);
        claim(kA, {"255", "0"});
        commit(kA, {"1", "255", kA.token(1), {"+" + kind, "k", "v"}});
        leave(kA);
        const auto before = everything();
        EXPECT_TRUE(begin().is_error("NOT_EMPTY"));
        EXPECT_EQ(everything(), before);
    }
}

/// A process that was paused for long, and not stopped.
TEST_F(LoadTest, WhoWasAMemberBeforeALoadWritesNothing) {
    join(kA);
    claim(kA, {"5", "0"});
    end_lease(kA);
    begin();
    load({"0", "1", "+a", "k", "loaded"});
    end();
    EXPECT_TRUE(beat(kA).is_error("WRONG_CLUSTER"));
    EXPECT_TRUE(commit(kA, {"1", "5", kA.token(1), {"-a", "k"}}).is_error("WRONG_CLUSTER"));
    EXPECT_EQ(record("rg:a:5", "k"), "loaded");
}

TEST_F(LoadTest, WhoOwnedTheShardIsFenced) {
    join(kA);
    claim(kA, {"5", "0", "6", "0"});
    end_lease(kA);
    load({"0", "1", "+a", "k", "loaded"}, kCluster);
    load({"0", "1", "+a", "l", "loaded"}, kCluster);
    EXPECT_EQ(owner("5"), "2.00000000000000aa.");
    EXPECT_EQ(owner("6"), kA.token(1));
    beat(kA);
    EXPECT_EQ(commit(kA, {"1", "5", kA.token(1), {"-a", "k"}}).items.size(), 1U);
    EXPECT_EQ(record("rg:a:5", "k"), "loaded");
}

TEST_F(LoadTest, ACallOfWrongFormIsRefusedBeforeAnythingIsWritten) {
    EXPECT_TRUE(begin("short").is_error("WRONG_ARGUMENT"));
    EXPECT_TRUE(function("begin_load", {kNew, "seed", "1-2"}).is_error("WRONG_ARGUMENT"));
    EXPECT_TRUE(function("begin_load", {kNew, kSeed, "2-1"}).is_error("WRONG_ARGUMENT"));
    EXPECT_TRUE(load({"0", "0"}).is_error("WRONG_CLUSTER")) << "there is none";
    EXPECT_THAT(everything(), IsEmpty());
    begin();
    const auto before = everything();
    for (const Words& rest : {Words{"0", "1", "+a", "k"}, Words{"0"}, Words{"x", "0"}}) {
        EXPECT_TRUE(load(rest).is_error("WRONG_ARGUMENT")) << rest.size();
    }
    EXPECT_EQ(everything(), before);
}

TEST_F(LoadTest, AClusterOfAnotherLayoutIsNotReplaced) {
    join(kA);
    leave(kA);
    command({"HSET", "rg:meta", "layout", "2"});
    EXPECT_TRUE(begin().is_error("WRONG_LAYOUT"));
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
    command({"ACL",     "SETUSER",  "node",   "on",       ">secret", "~rg:*",    "&rg:*",
             "+fcall",  "+hset",    "+hdel",  "+hget",    "+hmget",  "+hgetall", "+hscan",
             "+sadd",   "+srem",    "+sscan", "+set",     "+get",    "+del",     "+incr",
             "+exists", "+pexpire", "+time",  "+publish", "+unlink"});
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
    EXPECT_EQ(leave(kA).text, "OK");
    EXPECT_EQ(load({"0", "1", "+a", "k", "v"}, kCluster).text, "OK");
    EXPECT_TRUE(begin().is_error("NOT_EMPTY"));
    EXPECT_EQ(load({"0", "1", "-a", "k"}, kCluster).text, "OK");
    EXPECT_EQ(begin().text, "OK");
    EXPECT_EQ(abandon().text, "OK");
    EXPECT_EQ(begin().text, "OK");
    EXPECT_EQ(end().text, "OK");
}

}  // namespace
}  // namespace reginfo::test
