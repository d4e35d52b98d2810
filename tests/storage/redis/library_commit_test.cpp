/// @file
/// The function commit: groups of writes, fenced, numbered and stamped.

#include "tests/storage/redis/library_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <string>

namespace reginfo::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::int64_t stamp_of(const std::string& stored) {
    std::int64_t stamp = 0;
    for (std::size_t i = 0; i < 8; ++i) {
        stamp = stamp << 8 | static_cast<std::uint8_t>(stored.at(i));
    }
    return stamp;
}

class CommitTest : public LibraryTest {
protected:
    void SetUp() override {
        LibraryTest::SetUp();
        if (!client_) return;
        join(kA);
        join(kB);
        beat(kA);
        claim(kA, {"5", "0", "6", "0"});
    }

    /// A group for the shards 5 and 6 with a record for each.
    RedisReply commit_two(const std::string& seq, const std::string& token_of_6) {
        return function(
            "commit",
            {kCluster, kA.incarnation, seq,  "2", "5", kA.token(1), "6", token_of_6, "1",  "0",
             "1",      "+a",           "k5", seq, "2", "0",         "1", "+a",       "k6", seq}
        );
    }
    std::int64_t redis_time() {
        const RedisReply time = command({"TIME"});
        return *time.items.at(0).number_value() * 1'000'000 + *time.items.at(1).number_value();
    }
    /// Of the replies of shard 5.
    std::string reply_key(std::int64_t generations_ago) {
        return "rg:t:5:" + std::to_string(redis_time() / 40'000'000 - generations_ago);
    }
};

TEST_F(CommitTest, RecordsOfEachKindAreWrittenAndRemoved) {
    const RedisReply reply = commit(
        kA,
        {"1",
         "5",
         kA.token(1),
         {"+a",
          "aor",
          "1",
          "+d",
          "dialog",
          "2",
          "+t",
          "identity",
          "3",
          "+u",
          "unsettled",
          "+x",
          "tag",
          "9"},
         5}
    );
    ASSERT_EQ(reply.kind, RedisReply::Kind::list) << reply.text;
    EXPECT_THAT(reply.items, IsEmpty());
    EXPECT_EQ(record("rg:a:5", "aor"), "1");
    EXPECT_EQ(record("rg:d:5", "dialog"), "2");
    EXPECT_EQ(record(reply_key(0), "identity") + record(reply_key(1), "identity"), "3");
    EXPECT_EQ(command({"SISMEMBER", "rg:u:5", "unsettled"}).number, 1);
    EXPECT_EQ(command({"HGET", "rg:x:5", "tag"}).text, "9");
    commit(
        kA,
        {"2",
         "5",
         kA.token(1),
         {"-a", "aor", "-d", "dialog", "-t", "identity", "-u", "unsettled", "-x", "tag"},
         5}
    );
    EXPECT_EQ(command({"EXISTS", "rg:a:5", "rg:d:5", "rg:u:5", "rg:x:5", reply_key(0)}).number, 0);
}

TEST_F(CommitTest, KeysAndValuesMayHaveAnyBytes) {
    std::string bytes;
    for (int byte = 0; byte < 256; ++byte) bytes.push_back(static_cast<char>(byte));
    commit(kA, {"1", "5", kA.token(1), {"+a", bytes, bytes}});
    EXPECT_EQ(record("rg:a:5", bytes), bytes);
}

TEST_F(CommitTest, WritesOfOneGroupAreDoneInOrder) {
    commit(kA, {"1", "5", kA.token(1), {"+a", "k", "1", "-a", "k", "+a", "k", "2"}, 3});
    EXPECT_EQ(record("rg:a:5", "k"), "2");
}

TEST_F(CommitTest, OnlyTheWritesOfTheFencedShardAreLeftOut) {
    end_lease(kA);
    claim(kB, {"6", "0"});
    beat(kA);
    const RedisReply reply = commit_two("1", kA.token(1));
    ASSERT_THAT(reply.items, SizeIs(1)) << reply.text;
    EXPECT_EQ(reply.items[0].number, 6);
    EXPECT_EQ(record("rg:a:5", "k5"), "1");
    EXPECT_EQ(command({"EXISTS", "rg:a:6"}).number, 0);
}

TEST_F(CommitTest, AFencedGroupChangesNothing) {
    end_lease(kA);
    claim(kB, {"5", "0"});
    const auto before = everything();
    EXPECT_THAT(commit(kA, {"1", "5", kA.token(1), {"+a", "k", "v"}}).items, SizeIs(1));
    EXPECT_THAT(commit(kA, {"2", "5", kA.token(2), {"+a", "k", "v"}}).items, SizeIs(1));
    EXPECT_THAT(commit(kA, {"3", "9", kA.token(1), {"+a", "k", "v"}}).items, SizeIs(1));
    EXPECT_EQ(everything(), before);
}

TEST_F(CommitTest, ATokenOfAnotherIncarnationIsRefused) {
    const auto before = everything();
    EXPECT_TRUE(commit(kB, {"1", "5", kA.token(1), {"+a", "k", "v"}}).is_error("WRONG_ARGUMENT"));
    EXPECT_THAT(commit(kB, {"1", "5", kB.token(1), {"+a", "k", "v"}}).items, SizeIs(1));
    EXPECT_EQ(everything(), before);
}

TEST_F(CommitTest, NobodyWritesUnderATokenThatWasReleased) {
    leave(kA);
    EXPECT_TRUE(commit(kA, {"1", "5", "1." + kA.incarnation + ".", {"+a", "k", "v"}})
                    .is_error("WRONG_ARGUMENT"));
}

TEST_F(CommitTest, ARepeatedGroupGivesTheReplyOfThenAndChangesNothing) {
    end_lease(kA);
    claim(kB, {"6", "0"});
    beat(kA);
    const RedisReply first = commit_two("7", kA.token(1));
    command({"HDEL", "rg:a:5", "k5"});
    const auto before = everything();
    EXPECT_EQ(commit_two("7", kA.token(1)), first);
    EXPECT_EQ(everything(), before);
}

TEST_F(CommitTest, AGroupThatComesAfterALaterOneChangesNothing) {
    commit(kA, {"6", "5", kA.token(1), {"+a", "k", "older"}});
    commit(kA, {"7", "5", kA.token(1), {"+a", "k", "newer"}});
    const auto before = everything();
    EXPECT_TRUE(commit(kA, {"6", "5", kA.token(1), {"+a", "k", "older"}}).is_error("STALE"));
    EXPECT_EQ(everything(), before);
}

TEST_F(CommitTest, ARepeatedGroupOfWhoWasFencedMeanwhileHasTheReplyOfThen) {
    commit(kA, {"1", "5", kA.token(1), {"+a", "k", "v"}});
    end_lease(kA);
    claim(kB, {"5", "0"});
    EXPECT_THAT(commit(kA, {"1", "5", kA.token(1), {"+a", "k", "v"}}).items, IsEmpty());
}

TEST_F(CommitTest, EachProcessNumbersItsGroupsItself) {
    claim(kB, {"7", "0"});
    commit(kA, {"900719925474099", "5", kA.token(1), {"+a", "k", "1"}});
    commit(kB, {"1", "7", kB.token(1), {"+a", "k", "2"}});
    EXPECT_EQ(record("rg:a:7", "k"), "2");
    EXPECT_TRUE(commit(kA, {"2", "5", kA.token(1), {"-a", "k"}}).is_error("STALE"));
}

TEST_F(CommitTest, ARecordIsStampedWithTheTimeWhenItWasMade) {
    const std::int64_t before = redis_time();
    commit(kA, {"1", "5", kA.token(1), {"+a", "now", "v"}});
    commit(kA, {"2", "5", kA.token(1), {"+a", "earlier", "v"}, 1, "5000000"});
    const std::int64_t after = redis_time();
    const std::int64_t now = stamp_of(command({"HGET", "rg:a:5", "now"}).text);
    const std::int64_t earlier = stamp_of(command({"HGET", "rg:a:5", "earlier"}).text);
    EXPECT_LE(before, now);
    EXPECT_LE(now, after);
    EXPECT_LE(before - 5'000'000, earlier);
    EXPECT_LE(earlier, after - 5'000'000);
}

TEST_F(CommitTest, AStampIsNeverEarlierThanOneBefore) {
    const std::int64_t ahead = redis_time() + 3'600'000'000;
    command({"HSET", "rg:clock", "stamp", std::to_string(ahead)});
    commit(kA, {"1", "5", kA.token(1), {"+a", "k", "v"}});
    EXPECT_EQ(stamp_of(command({"HGET", "rg:a:5", "k"}).text), ahead);
}

TEST_F(CommitTest, AGenerationOfRepliesEndsWhenTheNextOneIsOver) {
    commit(kA, {"1", "5", kA.token(1), {"+t", "identity", "reply"}});
    std::int64_t lasts = command({"PTTL", reply_key(0)}).number;
    if (lasts < 0) lasts = command({"PTTL", reply_key(1)}).number;
    EXPECT_GT(lasts, 39'000);
    EXPECT_LE(lasts, 80'000);
    commit(kA, {"2", "5", kA.token(1), {"+t", "another", "reply"}});
    EXPECT_THAT(command({"KEYS", "rg:t:5:*"}).items, SizeIs(::testing::Le(2)));
    for (const RedisReply& key : command({"KEYS", "rg:t:5:*"}).items) {
        EXPECT_GT(command({"PTTL", key.text}).number, 0) << "each ends by itself";
    }
}

TEST_F(CommitTest, TheOpeningCommitRemovesTheHandOff) {
    function(
        "handoff",
        {kCluster, kA.incarnation, "1", "5", kA.token(1), kB.name, kB.incarnation, "counters"}
    );
    commit(kB, {"1", "5", kB.token(2), {"-h", ""}});
    EXPECT_EQ(command({"EXISTS", "rg:h:5"}).number, 0);
}

TEST_F(CommitTest, AnotherClusterIsRefusedAndNotTakenForFencing) {
    command({"HSET", "rg:meta", "cluster", "another-cluster-id"});
    EXPECT_TRUE(commit(kA, {"1", "5", kA.token(1), {"+a", "k", "v"}}).is_error("WRONG_CLUSTER"));
    command({"FLUSHALL"});
    EXPECT_TRUE(commit(kA, {"1", "5", kA.token(1), {"+a", "k", "v"}}).is_error("WRONG_CLUSTER"));
    EXPECT_THAT(everything(), IsEmpty());
}

TEST_F(CommitTest, AGroupOfWrongFormIsRefusedBeforeAnythingIsWritten) {
    const auto before = everything();
    const std::string token = kA.token(1);
    const Words head = {kCluster, kA.incarnation, "1"};
    const Words rests[] = {
        {},
        {"0"},
        {"1", "5"},
        {"1", "256", token},
        {"1", "5", "token"},
        {"2", "5", token},
        {"1", "5", token, "2", "0", "1", "+a", "k", "v"},
        {"1", "5", token, "0", "0", "1", "+a", "k", "v"},
        {"1", "5", token, "1", "-5", "1", "+a", "k", "v"},
        {"1", "5", token, "1", "0", "2", "+a", "k", "v"},
        {"1", "5", token, "1", "0", "2", "+a", "k", "v", "+a", "k"},
        {"1", "5", token, "1", "0", "2", "+a", "k", "v", "+b", "k", "v"},
        {"1", "5", token, "1", "0", "1", "+a", "k", "v", "1"},
        {"1", "5", token, "1", "0", "1", "-a"},
    };
    for (const Words& rest : rests) {
        Words words = head;
        words.insert(words.end(), rest.begin(), rest.end());
        const RedisReply reply = function("commit", words);
        EXPECT_TRUE(reply.is_error("WRONG_ARGUMENT")) << rest.size() << ": " << reply.text;
    }
    EXPECT_EQ(everything(), before);
}

TEST_F(CommitTest, WithoutMemoryAGroupIsRefusedWholeAndBeatsGoOn) {
    command({"CONFIG", "SET", "maxmemory", "1"});
    EXPECT_TRUE(commit(kA, {"1", "5", kA.token(1), {"+a", "k", "v"}}).is_error("OOM"));
    EXPECT_EQ(beat(kA).kind, RedisReply::Kind::list);
    EXPECT_EQ(claim(kA, {"9", "0"}).kind, RedisReply::Kind::list);
    command({"CONFIG", "SET", "maxmemory", "0"});
    EXPECT_EQ(command({"EXISTS", "rg:a:5", "rg:seq"}).number, 0);
}

}  // namespace
}  // namespace reginfo::test
