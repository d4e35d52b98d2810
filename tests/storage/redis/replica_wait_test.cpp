/// @file
/// What the store awaits before it answers: disks, if it is asked to.

#include "core/storage/redis/replica_wait.hpp"

#include "tests/storage/redis/store_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

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

using ReplicaWaitTest = RedisStoreTest;

TEST_F(ReplicaWaitTest, WithFsyncAGroupIsAnsweredWhenTheDiskHasIt) {
    options.fsync = true;
    redis.waitaof_refusal.clear();
    start_open();
    redis.disks = 0;
    redis.short_waits = 2;
    process->put(1, "k", "v");
    run();
    EXPECT_THAT(process->answers, IsEmpty()) << "it waits a third time";
    EXPECT_THAT(process->store.trouble(), HasSubstr("not on its disk yet"));
    EXPECT_EQ(process->store.short_waits(), 2U);
    redis.disks = 1;
    run();
    EXPECT_THAT(process->answers, ElementsAre(Pair(1, true)));
    EXPECT_TRUE(process->store.healthy());
    EXPECT_THAT(redis.groups, SizeIs(1)) << "it is not sent again";
}

TEST_F(ReplicaWaitTest, WithFsyncAGroupIsAnsweredWhenTheDisksOfReplicasHaveIt) {
    options.fsync = true;
    options.replicas = 1;
    redis.replicas = 1;
    redis.waitaof_refusal.clear();
    start_open();
    redis.replicas = 0;
    redis.short_waits = 1;
    process->put(1, "k", "v");
    run();
    EXPECT_THAT(process->answers, IsEmpty());
    EXPECT_THAT(
        process->store.trouble(), HasSubstr("0 replicas have the last commits on their disks")
    );
    redis.replicas = 1;
    run();
    EXPECT_THAT(process->answers, ElementsAre(Pair(1, true)));
    EXPECT_THAT(redis.names, ElementsAre("reginfod1_commit", "WAITAOF", "WAITAOF"));
}

TEST_F(ReplicaWaitTest, WithFsyncTheShardsAreOpenWhenTheDiskHasTheOpeningCommit) {
    options.fsync = true;
    redis.waitaof_refusal.clear();
    redis.disks = 0;
    start();
    EXPECT_FALSE(process->opened);
    redis.disks = 1;
    run();
    EXPECT_TRUE(process->opened);
}

TEST_F(ReplicaWaitTest, WithFsyncABeatDoesNotWaitForDisks) {
    options.fsync = true;
    options.replicas = 1;
    redis.replicas = 1;
    redis.waitaof_refusal.clear();
    start_open();
    redis.disks = 0;
    pass(10s);
    EXPECT_TRUE(process->store.may_speak());
    EXPECT_THAT(redis.names, Contains("WAIT"));
    EXPECT_THAT(redis.names, Not(Contains("WAITAOF")));
}

TEST_F(ReplicaWaitTest, WithFsyncARedisThatCannotKeepItEndsTheProcess) {
    options.fsync = true;
    start();
    EXPECT_EQ(
        process->lost,
        "redis.example:6379: it is Redis 7.0.15, which has no WAITAOF: storage.redis.fsync needs "
        "Redis 7.2 or Valkey"
    );
    redis.waitaof_refusal =
        "ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.";
    start();
    EXPECT_THAT(process->lost, HasSubstr("its appendonly is no"));
    redis.waitaof_refusal = "NOPERM User reginfod has no permissions to run the 'waitaof' command";
    start();
    EXPECT_THAT(process->lost, HasSubstr("storage.redis.fsync cannot be kept: NOPERM"));
    EXPECT_EQ(process->loss, RedisLoss::unusable);
    redis.waitaof_refusal.clear();
    start();
    EXPECT_TRUE(process->opened);
}

TEST_F(ReplicaWaitTest, WhereFsyncCannotBeKeptAnyMoreItTriesAgainAndAcknowledgesNothing) {
    options.fsync = true;
    redis.waitaof_refusal.clear();
    start_open();
    redis.waitaof_refusal =
        "ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.";
    process->put(1, "k", "v");
    run();
    pass(5s);
    EXPECT_FALSE(process->loss);
    EXPECT_THAT(process->answers, IsEmpty());
    EXPECT_THAT(process->store.trouble(), HasSubstr("its appendonly is no"));
    EXPECT_LE(redis.connections, 12) << "with pauses";
    redis.waitaof_refusal.clear();
    pass(2s);
    EXPECT_THAT(process->answers, ElementsAre(Pair(1, true)));
}

TEST_F(ReplicaWaitTest, AWaitThatIsRefusedIsNotAskedOverAndOver) {
    options.replicas = 1;
    redis.replicas = 1;
    start_open();
    redis.wait_refusal = "NOPERM User reginfod has no permissions to run the 'wait' command";
    process->put(1, "k", "v");
    run();
    EXPECT_THAT(process->store.trouble(), HasSubstr("WAIT fails: NOPERM"));
    EXPECT_THAT(process->answers, IsEmpty());
    redis.wait_refusal.clear();
    pass(2s);
    EXPECT_THAT(process->answers, ElementsAre(Pair(1, true)));
}

}  // namespace
}  // namespace reginfo::test
