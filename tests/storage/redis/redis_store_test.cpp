/// @file
/// The store over a Redis in memory: from the first connection to answered groups.

#include "core/storage/redis/redis_store.hpp"

#include "tests/storage/redis/store_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>

namespace reginfo::test {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

TEST_F(RedisStoreTest, ItLoadsTheLibraryJoinsClaimsReadsAndOpens) {
    redis.data.records = {{"a sip:a", "1"}, {"d dialog", "2"}, {"t identity", "3"}, {"u k", ""}};
    start_open();
    EXPECT_THAT(redis.library_code, HasSubstr("#!lua name=reginfod1"));
    EXPECT_EQ(process->hash_seed, 0xffU);
    EXPECT_EQ(process->order, "uadt");
    EXPECT_EQ(process->ages["sip:a"], 1s);
    ASSERT_TRUE(process->opened);
    EXPECT_EQ(process->opened->aors, 1U);
    EXPECT_EQ(process->opened->dialogs, 1U);
    EXPECT_EQ(process->opened->transactions, 1U);
    EXPECT_THAT(redis.data.own, SizeIs(256));
}

TEST_F(RedisStoreTest, ALaterRevisionOfTheLibraryStays) {
    redis.library_revision = 1000;
    start_open();
    EXPECT_THAT(redis.library_code, IsEmpty());
}

TEST_F(RedisStoreTest, AnEarlierRevisionOfTheLibraryIsReplaced) {
    redis.library_revision = 0;
    start_open();
    EXPECT_THAT(redis.library_code, HasSubstr("#!lua name=reginfod1"));
}

TEST_F(RedisStoreTest, ARedisThatCannotBeUsedEndsTheProcessWithASentence) {
    redis.version = "6.2.14";
    start();
    EXPECT_THAT(process->lost, HasSubstr("redis.example:6379: it is Redis 6.2.14, but 7.0"));
    redis.version = "7.0.15";
    redis.policy = "allkeys-lru";
    start();
    EXPECT_THAT(process->lost, HasSubstr("maxmemory-policy is allkeys-lru"));
    redis.policy = "noeviction";
    redis.password = "secret";
    start();
    EXPECT_THAT(process->lost, HasSubstr("NOAUTH"));
    options.password = "wrong";
    start();
    EXPECT_THAT(process->lost, HasSubstr("WRONGPASS"));
    options.password = "secret";
    start();
    EXPECT_TRUE(process->store.healthy());
}

TEST_F(RedisStoreTest, ARedisThatHasLostTheClusterOfThisProcessIsAskedAgain) {
    options.cluster_id = "another-0123456789";
    start();
    EXPECT_FALSE(process->loss);
    EXPECT_THAT(process->store.trouble(), HasSubstr("WRONG_CLUSTER"));
}

TEST_F(RedisStoreTest, ARedisThatHasTooManyClientsAtTheStartIsAskedAgain) {
    redis.is_full = true;
    for (const char* password : {"", "secret"}) {
        options.password = redis.password = password;
        start();
        EXPECT_FALSE(process->loss);
        EXPECT_THAT(process->store.trouble(), HasSubstr("max number of clients reached"));
    }
    redis.is_full = false;
    pass(200ms);
    EXPECT_TRUE(process->store.healthy());
}

TEST_F(RedisStoreTest, AReplicaIsNotUsedButAskedAgain) {
    redis.role = "slave";
    start();
    EXPECT_THAT(process->store.trouble(), HasSubstr("replica"));
    EXPECT_THAT(process->lost, IsEmpty());
    redis.role = "master";
    pass(200ms);
    EXPECT_TRUE(process->store.healthy());
}

TEST_F(RedisStoreTest, WithoutRedisItKeepsTryingMoreAndMoreSeldom) {
    redis.is_away = true;
    start();
    EXPECT_THAT(process->store.trouble(), HasSubstr("connection refused"));
    pass(60s);
    EXPECT_GE(redis.connections, 30);
    EXPECT_LE(redis.connections, 40);
    redis.is_away = false;
    pass(2s);
    EXPECT_TRUE(process->store.healthy());
}

TEST_F(RedisStoreTest, WhatIsNoRedisIsNotListenedTo) {
    start_open();
    process->store.handle_bytes("HTTP/1.1 400 Bad Request\r\n\r\n");
    EXPECT_THAT(process->store.trouble(), HasSubstr("no reply of Redis"));
    pass(200ms);
    EXPECT_TRUE(process->store.healthy());
}

TEST_F(RedisStoreTest, ItStandsByWhileAnotherNodeHasShards) {
    redis.give("7", "3.00000000000000bb.node-b");
    start();
    EXPECT_EQ(process->standing_by, "node-b");
    EXPECT_EQ(process->store.serving_node(), "node-b");
    EXPECT_FALSE(process->opened);
    redis.give("7", "3.00000000000000bb.");
    pass(600ms);
    EXPECT_TRUE(process->opened);
    EXPECT_EQ(process->store.serving_node(), "");
}

TEST_F(RedisStoreTest, ItTellsOnceForWhomItStandsBy) {
    redis.give("7", "3.00000000000000bb.node-b");
    start();
    process->standing_by.clear();
    pass(2s);
    EXPECT_EQ(process->standing_by, "");
    redis.give("7", "4.00000000000000cc.node-c");
    pass(600ms);
    EXPECT_EQ(process->standing_by, "node-c");
}

TEST_F(RedisStoreTest, ItStandsByWithoutClaimingWhatIsNotFree) {
    redis.give("7", "3.00000000000000bb.node-b");
    redis.restart("node-c", "00000000000000cc");
    redis.data.gone = {"node-c"};
    start();
    redis.names.clear();
    pass(10s);
    EXPECT_THAT(redis.names, SizeIs(20));
    EXPECT_THAT(redis.names, Each("reginfod1_beat"));
}

TEST_F(RedisStoreTest, ItClaimsInTheTurnInWhichABeatSaysThatALeaseIsOver) {
    redis.give("7", "3.00000000000000bb.node-b");
    start();
    redis.data.gone = {"node-b"};
    redis.names.clear();
    pass(500ms);
    EXPECT_TRUE(process->opened);
    EXPECT_THAT(redis.names, Contains("reginfod1_claim"));
}

TEST_F(RedisStoreTest, ItClaimsWhatAnEarlierProcessOfAMemberHas) {
    redis.give("7", "3.00000000000000bb.node-b");
    start();
    redis.restart("node-b", "00000000000000b2");
    pass(500ms);
    EXPECT_TRUE(process->opened);
}

TEST_F(RedisStoreTest, AClaimThatCameTooEarlyIsRepeatedWithEachBeat) {
    redis.give("7", "3.00000000000000bb.node-b");
    start();
    redis.membership_refusal = "NOT_READY the lease of node-a is over; beat first";
    redis.refused_function = "claim";
    redis.data.gone = {"node-b"};
    pass(2s);
    EXPECT_FALSE(process->opened);
    redis.membership_refusal.clear();
    pass(500ms);
    EXPECT_TRUE(process->opened);
}

TEST_F(RedisStoreTest, ItsFirstClaimIsRepeatedIfItCameTooEarly) {
    for (std::size_t shard = 0; shard < kShards; ++shard) {
        redis.give(std::to_string(shard), "3.00000000000000aa.node-a");
    }
    redis.membership_refusal = "NOT_READY the lease of node-a is over; beat first";
    redis.refused_function = "claim";
    start();
    redis.membership_refusal.clear();
    pass(500ms);
    EXPECT_TRUE(process->opened) << "the shards are its own";
}

TEST_F(RedisStoreTest, TwoBeatsThatAreAnsweredAtOnceLeadToOneClaim) {
    redis.give("7", "3.00000000000000bb.node-b");
    start();
    redis.is_silent = true;
    pass(1200ms);
    redis.data.gone = {"node-b"};
    redis.is_silent = false;
    redis.names.clear();
    run();
    EXPECT_TRUE(process->opened);
    EXPECT_EQ(std::ranges::count(redis.names, "reginfod1_claim"), 1);
    EXPECT_EQ(redis.data.own["7"], "4.00000000000000aa.node-a") << "one token, and not two";
}

TEST_F(RedisStoreTest, WithoutRedisItDoesNotKnowForWhomItStandsBy) {
    redis.give("7", "3.00000000000000bb.node-b");
    start();
    redis.is_away = true;
    redis.cut();
    EXPECT_EQ(process->store.serving_node(), "");
    EXPECT_THAT(process->store.trouble(), HasSubstr("connection reset"));
    process->standing_by.clear();
    redis.is_away = false;
    pass(1s);
    EXPECT_EQ(process->standing_by, "node-b") << "it says so again";
}

TEST_F(RedisStoreTest, WhoStandsByConnectsAgainAsSoonAsOthersDo) {
    redis.give("7", "4.00000000000000cc.node-c");
    start();
    for (int i = 0; i < 5; ++i) {
        pass(3s);
        redis.cut();
    }
    const int before = redis.connections;
    pass(100ms);
    EXPECT_EQ(redis.connections, before + 1);
}

TEST_F(RedisStoreTest, ItMaySpeakFromTheOpeningOn) {
    redis.holds_commits = true;
    start();
    EXPECT_FALSE(process->store.may_speak());
    redis.holds_commits = false;
    run();
    EXPECT_TRUE(process->store.may_speak());
}

TEST_F(RedisStoreTest, ItsLeaseRunsFromTheSendingOfTheLastBeatThatWasAnswered) {
    start_open();
    redis.is_silent = true;
    pass(2699ms);
    EXPECT_TRUE(process->store.may_speak());
    pass(1ms);
    EXPECT_FALSE(process->store.may_speak());
    EXPECT_FALSE(process->store.healthy());
}

TEST_F(RedisStoreTest, ABeatThatIsAnsweredRenewsTheLease) {
    start_open();
    redis.is_silent = true;
    pass(4s);
    ASSERT_FALSE(process->store.may_speak());
    process->is_woken = false;
    redis.is_silent = false;
    redis.run();
    EXPECT_TRUE(process->store.may_speak());
    EXPECT_TRUE(process->is_woken);
}

TEST_F(RedisStoreTest, ABeatThatNoReplicaHasRenewsNothing) {
    options.replicas = 1;
    redis.replicas = 1;
    start_open();
    redis.replicas = 0;
    redis.short_waits = 1'000;
    pass(3s);
    EXPECT_FALSE(process->store.may_speak());
    EXPECT_THAT(process->store.trouble(), HasSubstr("0 replicas have the last commits"));
    redis.replicas = 1;
    pass(1s);
    EXPECT_TRUE(process->store.may_speak());
    EXPECT_EQ(process->store.trouble(), "");
}

TEST_F(RedisStoreTest, NeitherDoesOneOnAnotherConnection) {
    options.replicas = 1;
    redis.replicas = 1;
    start_open();
    redis.replicas = 0;
    redis.short_waits = 1'000;
    for (int i = 0; i < 6; ++i) {
        pass(500ms);
        redis.cut();
    }
    pass(500ms);
    ASSERT_GT(redis.connections, 6);
    EXPECT_FALSE(process->store.may_speak());
}

TEST_F(RedisStoreTest, CommitsWaitUntilTheShardsAreOpen) {
    redis.is_away = true;
    start();
    process->put(1, "k", "v");
    run();
    EXPECT_THAT(process->answers, IsEmpty());
    redis.is_away = false;
    pass(1s);
    EXPECT_THAT(process->answers, ElementsAre(Pair(1, true)));
}

TEST_F(RedisStoreTest, CommitsGatherWhileAGroupIsUnderWay) {
    start_open();
    redis.holds_commits = true;
    for (CommitId id = 1; id <= 4; ++id) process->put(id, "k" + std::to_string(id), "v");
    EXPECT_THAT(redis.groups, SizeIs(1));
    redis.holds_commits = false;
    run();
    EXPECT_THAT(redis.groups, SizeIs(2));
    EXPECT_LT(std::stoull(seq_of(0)), std::stoull(seq_of(1)));
    EXPECT_THAT(
        process->answers, ElementsAre(Pair(1, true), Pair(2, true), Pair(3, true), Pair(4, true))
    );
    EXPECT_EQ(process->store.stats().batches, 2U);
    EXPECT_EQ(process->store.stats().batch_commits_max, 3U);
    EXPECT_EQ(stored("k4"), "v");
}

TEST_F(RedisStoreTest, AGroupIsBoundedByCommitsAndByBytes) {
    start_open();
    redis.holds_commits = true;
    process->put(1, "first", "v");
    for (CommitId id = 2; id <= 200; ++id) process->put(id, "k" + std::to_string(id), "v");
    process->put(201, "large", std::string(300'000, 'x'));
    process->put(202, "small", "v");
    redis.holds_commits = false;
    run();
    EXPECT_THAT(redis.groups, SizeIs(5)) << "1, 128, 71, the large one, 1";
    EXPECT_THAT(process->answers, SizeIs(202));
}

TEST_F(RedisStoreTest, AGroupIsAnsweredWhenReplicasHaveIt) {
    options.replicas = 2;
    redis.replicas = 2;
    start_open();
    redis.replicas = 1;
    redis.short_waits = 2;
    process->put(1, "k", "v");
    run();
    EXPECT_THAT(process->answers, IsEmpty()) << "it waits a third time";
    EXPECT_THAT(process->store.trouble(), HasSubstr("1 replicas have the last commits, but 2"));
    EXPECT_EQ(process->store.short_waits(), 2U);
    redis.replicas = 2;
    run();
    EXPECT_THAT(process->answers, ElementsAre(Pair(1, true)));
    EXPECT_TRUE(process->store.healthy());
    EXPECT_THAT(redis.groups, SizeIs(1));
}

TEST_F(RedisStoreTest, WhatRedisRefusesGoesAgainUnderItsNumber) {
    start_open();
    redis.refusal = "OOM command not allowed when used memory > 'maxmemory'.";
    process->put(1, "k", "v");
    run();
    EXPECT_FALSE(process->store.healthy());
    EXPECT_THAT(process->store.trouble(), HasSubstr("OOM"));
    redis.refusal.clear();
    pass(100ms);
    EXPECT_THAT(process->answers, ElementsAre(Pair(1, true)));
    EXPECT_EQ(seq_of(0), seq_of(1));
    EXPECT_TRUE(process->store.healthy());
}

TEST_F(RedisStoreTest, ACommitThatWaitsTooLongFailsAndOneThatNobodyAwaitsStays) {
    start_open();
    redis.refusal = "NOREPLICAS Not enough good replicas to write.";
    process->put(1, "k", "v");
    process->pending[2] = {};
    process->store.commit({2, {{Bucket::aor, "unawaited", "v"}}, false});
    pass(9s);
    EXPECT_THAT(process->answers, IsEmpty());
    pass(2s);
    EXPECT_THAT(process->answers, ElementsAre(Pair(1, false)));
    redis.refusal.clear();
    pass(1s);
    EXPECT_EQ(stored("unawaited"), "v");
    EXPECT_THAT(process->answers, ElementsAre(Pair(1, false), Pair(2, true)));
}

}  // namespace
}  // namespace reginfo::test
