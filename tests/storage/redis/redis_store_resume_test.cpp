/// @file
/// The store over a Redis in memory: lost connections, another Redis, other owners.

#include "core/storage/redis/redis_store.hpp"
#include "tests/storage/redis/store_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace reginfo::test {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;
using ::testing::SizeIs;

TEST_F(RedisStoreTest, AnUnansweredGroupGoesAgainToTheSameRedisAndTakesEffectOnce) {
    start_open();
    redis.loses_replies = true;
    process->put(1, "k", "v");
    run();
    EXPECT_EQ(stored("k"), "v");
    EXPECT_THAT(process->answers, IsEmpty());
    redis.loses_replies = false;
    redis.data.records["a k"] = "seen if it is written twice";
    pass(200ms);
    EXPECT_THAT(process->answers, ElementsAre(Pair(1, true)));
    EXPECT_EQ(seq_of(0), seq_of(1));
    EXPECT_EQ(stored("k"), "seen if it is written twice");
    EXPECT_EQ(process->store.rewritten_records(), 0U);
}

TEST_F(RedisStoreTest, AnotherRedisGetsFirstWhatChangedLatelyAndThenWhatIsUnanswered) {
    start_open();
    process->put(1, "kept", "v");
    run();
    const ScriptedRedis::Data before = redis.data;
    process->put(2, "lost", "v");
    process->commit(3, {{Bucket::transaction, "identity", "reply"}});
    process->commit(4, {{Bucket::aor, "kept", {}}});
    run();
    ASSERT_THAT(process->answers, SizeIs(4));
    redis.holds_commits = true;
    process->put(5, "unanswered", "v");
    redis.replace("run-2", before);
    redis.holds_commits = false;
    const std::size_t groups = redis.groups.size();
    pass(200ms);
    EXPECT_EQ(stored("lost"), "v");
    EXPECT_EQ(redis.data.records["t identity"], "reply");
    EXPECT_EQ(redis.data.records.count("a kept"), 0U) << "what was removed stays removed";
    EXPECT_THAT(process->answers, SizeIs(5));
    ASSERT_THAT(redis.groups, SizeIs(groups + 2));
    EXPECT_THAT(redis.groups[groups], Not(Contains("unanswered")));
    EXPECT_NE(seq_of(groups - 1), seq_of(groups + 1)) << "under a new number";
    EXPECT_EQ(process->store.rewritten_records(), 3U);
}

TEST_F(RedisStoreTest, RecordsThatWereReadAreWrittenAgainIfTheyAreNew) {
    redis.data.records = {{"a sip:a", "1"}};
    start_open();
    ScriptedRedis::Data older = redis.data;
    older.records.clear();
    redis.replace("run-2", older);
    pass(200ms);
    EXPECT_EQ(stored("sip:a"), "1");
}

TEST_F(RedisStoreTest, WhatChangedLongAgoIsNotWrittenAgain) {
    start_open();
    process->put(1, "k", "v");
    run();
    pass(20s);
    redis.replace("run-2", redis.data);
    pass(200ms);
    EXPECT_TRUE(process->store.healthy());
    EXPECT_EQ(process->store.rewritten_records(), 0U);
}

TEST_F(RedisStoreTest, WhatChangedShortlyBeforeALongOutageIsWrittenAgain) {
    start_open();
    process->put(1, "k", "v");
    run();
    ScriptedRedis::Data older = redis.data;
    older.records.clear();
    redis.is_away = true;
    redis.replace("run-2", older);
    pass(60s);
    redis.is_away = false;
    pass(3s);
    EXPECT_EQ(stored("k"), "v");
}

TEST_F(RedisStoreTest, SoIsWhatChangedBeforeTheProcessStoodStillAsTheAnswerToABeatCame) {
    start_open();
    process->put(1, "k", "v");
    run();
    ScriptedRedis::Data older = redis.data;
    older.records.clear();
    redis.is_silent = true;
    pass(600ms);
    now += 20s;
    redis.is_silent = false;
    redis.run();
    redis.replace("run-2", older);
    pass(3s);
    EXPECT_EQ(stored("k"), "v");
}

TEST_F(RedisStoreTest, ATurnThatGoesBackIsAnotherRedisAsWell) {
    start_open();
    pass(2s);
    ScriptedRedis::Data older = redis.data;
    process->put(1, "k", "v");
    pass(2s);
    older.turn -= 2;
    redis.replace(redis.run_id, older);
    pass(200ms);
    EXPECT_EQ(stored("k"), "v");
}

TEST_F(RedisStoreTest, ThePrimaryThatBrokeOffAsItWasMetIsStillAnotherOne) {
    start_open();
    process->put(1, "k", "v");
    run();
    ScriptedRedis::Data older = redis.data;
    older.records.clear();
    redis.membership_refusal = "BUSY Redis is busy running a script";
    redis.replace("run-2", older);
    pass(200ms);
    EXPECT_THAT(process->store.trouble(), HasSubstr("BUSY"));
    redis.membership_refusal.clear();
    pass(1s);
    EXPECT_EQ(stored("k"), "v");
}

TEST_F(RedisStoreTest, AnEmptyOrOldRedisIsNotWrittenTo) {
    start_open();
    pass(100s);
    ScriptedRedis::Data old = redis.data;
    old.turn = 1;
    redis.replace("run-2", old);
    process->put(1, "k", "v");
    pass(5s);
    EXPECT_THAT(process->store.trouble(), HasSubstr("WRONG_TURN"));
    redis.cluster = "another-cluster-id";
    redis.cut();
    pass(3s);
    EXPECT_THAT(process->store.trouble(), HasSubstr("WRONG_CLUSTER"));
    EXPECT_EQ(redis.data.records.count("a k"), 0U);
    EXPECT_THAT(process->lost, IsEmpty());
}

TEST_F(RedisStoreTest, AfterAWrongRedisItGoesOnWithTheRightOne) {
    start_open();
    process->put(1, "k", "v");
    run();
    const ScriptedRedis::Data right = redis.data;
    redis.cluster = "another-0123456789";
    redis.replace("run-2", {});
    process->put(2, "l", "v");
    pass(30s);
    EXPECT_TRUE(process->store.has_wrong_redis());
    EXPECT_FALSE(process->store.may_speak());
    EXPECT_THAT(process->answers, ElementsAre(Pair(1, true), Pair(2, false)));
    EXPECT_THAT(redis.data.records, IsEmpty());
    EXPECT_FALSE(process->loss);
    redis.cluster = options.new_cluster_id;
    redis.replace("run-1", right);
    pass(3s);
    EXPECT_FALSE(process->store.has_wrong_redis());
    EXPECT_TRUE(process->store.healthy());
    process->put(3, "m", "v");
    run();
    EXPECT_EQ(stored("k"), "v");
    EXPECT_EQ(stored("m"), "v");
}

TEST_F(RedisStoreTest, SoDoesWhoStandsBy) {
    redis.give("7", "3.00000000000000bb.node-b");
    start();
    const ScriptedRedis::Data right = redis.data;
    redis.cluster = "another-0123456789";
    redis.replace("run-2", {});
    pass(30s);
    EXPECT_TRUE(process->store.has_wrong_redis());
    EXPECT_THAT(redis.data.own, IsEmpty());
    redis.cluster = options.new_cluster_id;
    redis.replace("run-1", right);
    pass(3s);
    EXPECT_FALSE(process->store.has_wrong_redis());
    EXPECT_EQ(process->store.serving_node(), "node-b");
}

TEST_F(RedisStoreTest, ARedisThatDoesNotAnswerIsNotTakenForTheRightOne) {
    start_open();
    redis.cluster = "another-0123456789";
    redis.cut();
    pass(3s);
    ASSERT_TRUE(process->store.has_wrong_redis());
    process->is_woken = false;
    redis.is_away = true;
    redis.cut();
    pass(3s);
    EXPECT_TRUE(process->store.has_wrong_redis());
    EXPECT_FALSE(process->is_woken) << "there is nothing new to tell";
}

TEST_F(RedisStoreTest, ACommitOfUnknownOutcomeFailsAndItsKeyIsWrittenAsMemoryHasIt) {
    start_open();
    process->put(1, "k", "acknowledged");
    run();
    redis.loses_replies = true;
    redis.is_away = false;
    process->commit(
        2,
        {{Bucket::aor, "k", "doubtful"},
         {Bucket::aor, "new", "doubtful"},
         {Bucket::transaction, "identity", "200"}}
    );
    redis.run();
    EXPECT_EQ(stored("k"), "doubtful");
    redis.loses_replies = false;
    redis.is_away = true;
    pass(11s);
    ASSERT_THAT(process->answers, ElementsAre(Pair(1, true), Pair(2, false)));
    redis.is_away = false;
    pass(3s);
    EXPECT_EQ(stored("k"), "acknowledged");
    EXPECT_EQ(redis.data.records.count("a new"), 0U);
    EXPECT_EQ(redis.data.records.count("t identity"), 0U);
    EXPECT_EQ(process->store.rewritten_records(), 3U);
}

TEST_F(RedisStoreTest, BytesOfAnOldConnectionThatComeLateChangeNothing) {
    start_open();
    redis.holds_commits = true;
    process->put(1, "k", "older");
    const ScriptedRedis::Words late = redis.groups.back();
    redis.cut();
    redis.holds_commits = false;
    pass(200ms);
    process->put(2, "k", "newer");
    run();
    std::string bytes;
    const std::vector<std::string_view> words(late.begin(), late.end());
    append_redis_command(bytes, words);
    redis.write(bytes);
    redis.run();
    EXPECT_EQ(stored("k"), "newer");
}

TEST_F(RedisStoreTest, ARedisThatDoesNotAnswerIsConnectedToAnew) {
    start_open();
    const int before = redis.connections;
    redis.is_silent = true;
    pass(5s);
    EXPECT_EQ(redis.connections, before);
    pass(1s);
    EXPECT_EQ(redis.connections, before + 1);
    redis.is_silent = false;
    pass(6s);
    EXPECT_TRUE(process->store.healthy());
}

TEST_F(RedisStoreTest, ABeatLeavesEachHalfSecond) {
    start_open();
    const std::int64_t before = redis.data.turn;
    pass(10s);
    EXPECT_EQ(redis.data.turn, before + 20);
}

TEST_F(RedisStoreTest, AProcessWhoseShardWasTakenGivesWay) {
    start_open();
    redis.give("0", "9.00000000000000bb.node-b");
    process->put(1, "k", "v");
    run();
    EXPECT_EQ(process->loss, RedisLoss::given_way);
    EXPECT_THAT(process->lost, HasSubstr("another node took shard 0"));
    EXPECT_THAT(process->answers, IsEmpty()) << "the repetition of the request finds the new owner";
    EXPECT_FALSE(process->store.healthy());
    EXPECT_FALSE(process->store.may_speak());
}

TEST_F(RedisStoreTest, AProcessLearnsByItsBeatThatAShardWasTaken) {
    start_open();
    redis.give("200", "9.00000000000000bb.node-b");
    pass(600ms);
    EXPECT_THAT(process->lost, HasSubstr("another node took shard 200"));
}

TEST_F(RedisStoreTest, AProcessThatWasReplacedEnds) {
    start_open();
    redis.membership_refusal = "REPLACED a newer process has the name node-a";
    pass(600ms);
    EXPECT_EQ(process->loss, RedisLoss::replaced);
    EXPECT_THAT(process->lost, HasSubstr("REPLACED"));
}

TEST_F(RedisStoreTest, AProcessThatWasForgottenGivesWay) {
    start_open();
    redis.membership_refusal = "FORGOTTEN node-a is no member; join as a new incarnation";
    pass(600ms);
    EXPECT_EQ(process->loss, RedisLoss::given_way);
}

TEST_F(RedisStoreTest, RecordsAreReadAgainOnlyWhereTheyWereNotIfTheConnectionBreaks) {
    redis.data.records = {{"a 1", "x"}, {"a 2", "x"}, {"d 3", "x"}};
    redis.holds_commits = true;
    start();
    EXPECT_EQ(process->order, "aad");
    redis.cut();
    redis.holds_commits = false;
    pass(200ms);
    EXPECT_EQ(process->order, "aad");
    ASSERT_TRUE(process->opened);
    EXPECT_EQ(process->opened->aors, 2U);
}

TEST_F(RedisStoreTest, WhoLosesAShardWhileItReadsEnds) {
    redis.holds_commits = true;
    start();
    redis.give("3", "5.00000000000000bb.");
    redis.cut();
    redis.holds_commits = false;
    pass(200ms);
    EXPECT_THAT(process->lost, HasSubstr("another node took shard 3"));
    EXPECT_FALSE(process->opened);
}

TEST_F(RedisStoreTest, DrainWaitsForTheAnswers) {
    start_open();
    redis.is_silent = true;
    process->put(1, "k", "v");
    EXPECT_FALSE(process->store.drain(100ms));
    redis.is_silent = false;
    EXPECT_TRUE(process->store.drain(100ms));
    process->store.deliver();
    EXPECT_THAT(process->answers, ElementsAre(Pair(1, true)));
    EXPECT_TRUE(process->store.leave(100ms));
    EXPECT_EQ(redis.names.back(), "reginfod1_leave");
}

TEST_F(RedisStoreTest, WhoHasSaidThatItLeavesIsSilentAndSaysNothingMore) {
    start_open();
    process->store.commit({1, {{Bucket::aor, "k", "v"}}});
    redis.refusal = "OOM command not allowed when used memory > 'maxmemory'.";
    run();
    redis.is_silent = true;
    bool has_spoken = false;
    process->run = [&](std::chrono::milliseconds time) {
        pass(time);
        has_spoken = has_spoken || process->store.may_speak();
    };
    EXPECT_FALSE(process->store.leave(2s));
    EXPECT_FALSE(has_spoken) << "another node may have the shards already";
    EXPECT_EQ(redis.names.back(), "reginfod1_leave") << "no beat, no claim, and no group";
}

}  // namespace
}  // namespace reginfo::test
