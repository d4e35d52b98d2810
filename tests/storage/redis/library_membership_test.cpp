/// @file
/// The functions join, beat and leave: who is a member, and who has a lease.

#include "core/storage/redis/redis_library.hpp"
#include "tests/storage/redis/library_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace reginfo::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;

std::int64_t number(const RedisReply& reply, const char* name) {
    const RedisReply* found = reply.find(name);
    return found == nullptr ? -1 : found->number_value().value_or(-1);
}

TEST_F(LibraryTest, TheFirstToJoinMakesTheCluster) {
    const RedisReply joined = join(kA);
    const RedisReply* meta = joined.find("meta");
    ASSERT_NE(meta, nullptr) << joined.text;
    EXPECT_EQ(meta->find("cluster")->text, kCluster);
    EXPECT_EQ(meta->find("hash_seed")->text, kSeed);
    EXPECT_EQ(meta->find("shards")->text, "256");
    EXPECT_EQ(meta->find("record_layout")->text, "2");
    EXPECT_EQ(number(joined, "view"), 1);
    EXPECT_THAT(texts_of(joined.find("nodes")), ElementsAre("node-a"));
    EXPECT_THAT(joined.find("own")->items, IsEmpty());
}

TEST_F(LibraryTest, WhoJoinsLaterFindsTheClusterAsItIs) {
    join(kA);
    const RedisReply joined = function(
        "join",
        {kCluster,
         "another-id-of-a-cluster",
         "ffffffffffffffff",
         "1-3",
         kB.name,
         kB.incarnation,
         "3000",
         "joining",
         "0",
         "",
         "192.0.2.2",
         "1.0",
         "1-1"}
    );
    EXPECT_EQ(joined.find("meta")->find("cluster")->text, kCluster);
    EXPECT_EQ(joined.find("meta")->find("record_layout")->text, "2");
    EXPECT_EQ(number(joined, "view"), 2);
}

TEST_F(LibraryTest, NobodyJoinsAnotherClusterThanItKnows) {
    EXPECT_TRUE(join(kA, "cluster-that-was-here").is_error("WRONG_CLUSTER"));
    EXPECT_THAT(everything(), IsEmpty());
    join(kB);
    EXPECT_TRUE(join(kA, "cluster-that-was-here").is_error("WRONG_CLUSTER"));
}

TEST_F(LibraryTest, NobodyJoinsWhoCannotReadTheRecords) {
    Node old = kB;
    old.layouts = "1-1";
    Node young = kC;
    young.layouts = "3-4";
    join(kA);
    EXPECT_TRUE(join(old).is_error("WRONG_LAYOUT"));
    EXPECT_TRUE(join(young).is_error("WRONG_LAYOUT"));
    command({"HSET", "rg:meta", "layout", "2"});
    EXPECT_TRUE(join(kB).is_error("WRONG_LAYOUT"));
}

TEST_F(LibraryTest, ABeatRenewsTheLeaseAndCountsTheTurn) {
    join(kA);
    command({"PEXPIRE", "rg:node:node-a", "1000"});
    const RedisReply first = beat(kA, 1);
    EXPECT_EQ(number(first, "turn"), 1) << first.text;
    EXPECT_EQ(number(beat(kA, 1), "turn"), 2);
    EXPECT_GT(command({"PTTL", "rg:node:node-a"}).number, 50'000);
    EXPECT_GT(number(first, "now"), 1'700'000'000'000'000);
    EXPECT_EQ(number(first, "stamp"), number(first, "now"));
}

TEST_F(LibraryTest, ABeatHasTheMapOnlyForWhoHasSeenAnotherView) {
    join(kA);
    EXPECT_EQ(beat(kA, 1).find("nodes"), nullptr);
    join(kB);
    const RedisReply reply = beat(kA, 1);
    EXPECT_EQ(number(reply, "view"), 2);
    ASSERT_NE(reply.find("nodes"), nullptr);
    EXPECT_EQ(reply.find("nodes")->items.size(), 2U);
    ASSERT_NE(reply.find("own"), nullptr);
}

TEST_F(LibraryTest, ABeatNamesTheMembersWhoseLeaseIsOver) {
    join(kA);
    join(kB);
    EXPECT_THAT(texts_of(beat(kA).find("gone")), IsEmpty());
    end_lease(kB);
    EXPECT_THAT(texts_of(beat(kA).find("gone")), ElementsAre(kB.name));
    EXPECT_THAT(texts_of(beat(kB).find("gone")), IsEmpty());
    EXPECT_THAT(texts_of(beat(kA).find("gone")), IsEmpty());
}

TEST_F(LibraryTest, AMemberWhoseLeaseIsOverGoesOnWithItsNextBeat) {
    join(kA);
    end_lease(kA);
    const RedisReply reply = beat(kA, 1);
    EXPECT_EQ(number(reply, "view"), 2) << "others have to learn its state again";
    EXPECT_EQ(command({"HGET", "rg:node:node-a", "state"}).text, "active");
    EXPECT_EQ(command({"HGET", "rg:node:node-a", "layouts"}).text, "1-2");
}

TEST_F(LibraryTest, AnotherStateOrEarIsAnotherView) {
    join(kA);
    Node node = kA;
    node.state = "draining";
    EXPECT_EQ(number(beat(node, 1), "view"), 2);
    EXPECT_EQ(number(beat(node, 2), "view"), 2);
    node.ear = "2";
    EXPECT_EQ(number(beat(node, 2), "view"), 3);
}

TEST_F(LibraryTest, AViewIsPublishedWithWhatChanged) {
    RedisClient listener(server_->socket());
    listener.call({"SUBSCRIBE", "rg:v"});
    join(kA);
    EXPECT_EQ(listener.receive().items.at(2).text, "1 node node-a 00000000000000aa active 1");
    claim(kA, {"5", "0", "7", "2"});
    EXPECT_EQ(
        listener.receive().items.at(2).text,
        "2 shard 5 1.00000000000000aa.node-a shard 7 3.00000000000000aa.node-a"
    );
    beat(kA);
    leave(kA);
    EXPECT_EQ(
        listener.receive().items.at(2).text,
        "3 left node-a shard 5 1.00000000000000aa. shard 7 3.00000000000000aa."
    );
}

TEST_F(LibraryTest, ANewerProcessOfThatNameReplacesTheOneBefore) {
    join(kA);
    claim(kA, {"5", "0"});
    commit(kA, {"1", "5", kA.token(1), {"+a", "k", "v"}});
    const Node restarted{kA.name, "00000000000000a2"};
    join(restarted);
    EXPECT_TRUE(beat(kA).is_error("REPLACED"));
    EXPECT_TRUE(claim(kA, {"6", "0"}).is_error("REPLACED"));
    EXPECT_TRUE(leave(kA).is_error("REPLACED"));
    EXPECT_EQ(commit(kA, {"2", "5", kA.token(1), {"+a", "k", "w"}}).items.size(), 1U);
    EXPECT_EQ(record("rg:a:5", "k"), "v") << "although nobody has claimed it yet";
    EXPECT_EQ(command({"EXISTS", "rg:seq"}).number, 0);
}

TEST_F(LibraryTest, AProcessThatJoinsAgainDoesNotReplaceANewerOneThatLives) {
    join(kA);
    const Node newer{kA.name, "00000000000000a2"};
    join(newer);
    const Node again{kA.name, "00000000000000a3"};
    EXPECT_TRUE(join(again, kCluster, {kA.incarnation}).is_error("REPLACED"));
    EXPECT_FALSE(beat(newer).is_error()) << "nothing has changed";
    // In place of itself it joins, and of one that is gone.
    EXPECT_FALSE(join(again, kCluster, {kA.incarnation, newer.incarnation}).is_error());
    end_lease(again);
    const Node last{kA.name, "00000000000000a4"};
    EXPECT_FALSE(join(last, kCluster, {kA.incarnation}).is_error());
    EXPECT_TRUE(join(kB, kCluster, {"wrong"}).is_error("WRONG_ARGUMENT"));
}

TEST_F(LibraryTest, WhoIsNoMemberIsForgottenAndHasToJoin) {
    join(kA);
    EXPECT_TRUE(beat(kB).is_error("FORGOTTEN"));
    EXPECT_TRUE(claim(kB, {"1", "0"}).is_error("FORGOTTEN"));
    EXPECT_TRUE(leave(kB).is_error("FORGOTTEN"));
}

TEST_F(LibraryTest, ARepeatedJoinOfOneProcessLosesNothing) {
    join(kA);
    claim(kA, {"5", "0"});
    commit(kA, {"1", "5", kA.token(1), {"+a", "k", "v"}});
    join(kA);
    EXPECT_EQ(owner("5"), kA.token(1));
    EXPECT_EQ(command({"HGET", "rg:seq", kA.incarnation}).text, "1 ");
}

TEST_F(LibraryTest, AMemberIsForgottenWhenItIsGoneForAnHourAndOwnsNothing) {
    join(kA);
    join(kB);
    claim(kB, {"5", "0"});
    end_lease(kB);
    beat(kA);
    const std::string entry = command({"HGET", "rg:nodes", kB.name}).text;
    ASSERT_THAT(entry, StartsWith(kB.incarnation + " "));
    const std::int64_t since = std::stoll(entry.substr(17)) - 3'601'000'000;
    command({"HSET", "rg:nodes", kB.name, kB.incarnation + " " + std::to_string(since)});
    beat(kA);
    EXPECT_EQ(command({"HEXISTS", "rg:nodes", kB.name}).number, 1) << "it owns a shard";
    claim(kA, {"5", "0"});
    const std::int64_t before = view();
    EXPECT_THAT(texts_of(beat(kA).find("gone")), IsEmpty());
    EXPECT_EQ(command({"HEXISTS", "rg:nodes", kB.name}).number, 0);
    EXPECT_EQ(view(), before + 1);
}

TEST_F(LibraryTest, WhoLeavesReleasesWhatItOwns) {
    join(kA);
    join(kB);
    claim(kA, {"5", "0", "6", "0"});
    claim(kB, {"7", "0"});
    EXPECT_EQ(leave(kA).text, "OK");
    EXPECT_EQ(owner("5"), "1.00000000000000aa.");
    EXPECT_EQ(owner("7"), kB.token(1));
    EXPECT_EQ(command({"EXISTS", "rg:node:node-a"}).number, 0);
    EXPECT_EQ(command({"HKEYS", "rg:nodes"}).items.size(), 1U);
    EXPECT_TRUE(leave(kA).is_error("FORGOTTEN"));
    EXPECT_EQ(commit(kA, {"1", "5", kA.token(1), {"+a", "k", "v"}}).items.size(), 1U);
}

TEST_F(LibraryTest, RecordsGetTheNewestLayoutThatAllMembersReadOnceAllLive) {
    join(kA);
    Node newer = kB;
    newer.layouts = "1-3";
    join(newer);
    beat(newer);
    EXPECT_EQ(command({"HGET", "rg:meta", "record_layout"}).text, "2");
    end_lease(kA);
    beat(newer);
    EXPECT_EQ(command({"HGET", "rg:meta", "record_layout"}).text, "2") << "it may come back";
    leave(kA);
    beat(kA);
    const std::int64_t before = view();
    EXPECT_EQ(number(beat(newer), "record_layout"), 3);
    EXPECT_EQ(view(), before + 1);
}

TEST_F(LibraryTest, AnEmptyOrAnOlderRedisIsRefused) {
    EXPECT_TRUE(beat(kA).is_error("WRONG_CLUSTER"));
    EXPECT_TRUE(claim(kA, {"1", "0"}).is_error("WRONG_CLUSTER"));
    EXPECT_TRUE(leave(kA).is_error("WRONG_CLUSTER"));
    EXPECT_THAT(everything(), IsEmpty());
    join(kA);
    beat(kA);
    EXPECT_EQ(beat(kA, 1, 121).kind, RedisReply::Kind::list) << "lost in a fail-over";
    const auto before = everything();
    EXPECT_TRUE(beat(kA, 1, 123).is_error("WRONG_TURN"));
    EXPECT_EQ(everything(), before);
}

TEST_F(LibraryTest, StampsNeverGoBack) {
    join(kA);
    const std::int64_t ahead = number(beat(kA), "now") + 3'600'000'000;
    command({"HSET", "rg:clock", "stamp", std::to_string(ahead)});
    EXPECT_EQ(number(beat(kA), "stamp"), ahead);
}

TEST_F(LibraryTest, WrongArgumentsAreRefusedBeforeAnythingIsWritten) {
    const Words good = {
        "", kCluster, kSeed, "1-2", "a", kA.incarnation, "3000", "active", "1", "", "", "", ""
    };
    struct Change {
        std::size_t place;
        const char* value;
    };
    constexpr Change kWrong[] = {
        {1, "short"},
        {2, "0123456789ABCDEF"},
        {3, "2-1"},
        {3, "x"},
        {4, "a node"},
        {4, ""},
        {5, "12"},
        {6, "-1"},
        {6, "1"},
        {6, "1e9"},
        {7, "asleep"},
        {8, "x"},
        {8, "99999999999999999999"},
    };
    for (const Change& change : kWrong) {
        Words words = good;
        words[change.place] = change.value;
        const RedisReply reply = function("join", words);
        EXPECT_TRUE(reply.is_error("WRONG_ARGUMENT")) << change.value << ": " << reply.text;
    }
    Words more = good;
    more.push_back("more");
    EXPECT_TRUE(function("join", more).is_error("WRONG_ARGUMENT"));
    for (std::size_t count = 0; count < good.size(); ++count) {
        const Words fewer(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(count));
        EXPECT_TRUE(function("join", fewer).is_error("WRONG_ARGUMENT")) << count;
    }
    EXPECT_THAT(everything(), IsEmpty());
}

TEST_F(LibraryTest, WhatRedisRefusesIsAnErrorWithoutAStackTrace) {
    join(kA);
    command({"DEL", "rg:own"});
    command({"SET", "rg:own", "no hash"});
    const RedisReply reply = claim(kA, {"1", "0"});
    EXPECT_TRUE(reply.is_error("FAILED")) << reply.text;
    EXPECT_THAT(reply.text, ::testing::Not(::testing::HasSubstr("user_function")));
}

TEST_F(LibraryTest, AClusterHasKeysOfItsOwn) {
    join(kA);
    EXPECT_EQ(function("revision", {}).number, kRedisLibraryRevision);
    command({"FCALL", "reginfod1_look", "0", "another"});
    for (const RedisReply& key : command({"KEYS", "*"}).items) {
        EXPECT_THAT(key.text, StartsWith("rg:"));
    }
}

}  // namespace
}  // namespace reginfo::test
