/// @file
/// What a Redis keeps by its settings, as a store on it finds out.

#include "core/storage/redis/redis_promise.hpp"

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
using ::testing::IsEmpty;
using ::testing::SizeIs;

class RedisPromiseTest : public RedisStoreTest {
protected:
    RedisPromise promise() const {
        return process->promises.empty() ? RedisPromise() : process->promises.back();
    }
    std::ptrdiff_t asked(const std::string& name) const {
        return std::ranges::count(redis.names, name);
    }
    void set(const std::string& appendonly, const std::string& appendfsync, const char* replicas) {
        redis.more_info = "aof_enabled:" + std::string(appendonly == "yes" ? "1" : "0") + "\r\n";
        redis.config = {
            {"appendonly", appendonly},
            {"appendfsync", appendfsync},
            {"min-replicas-to-write", replicas},
            {"min-replicas-max-lag", "10"}
        };
    }
};

TEST_F(RedisPromiseTest, WhoMayReadTheSettingsGoesByThem) {
    set("yes", "everysec", "1");
    options.replicas = 1;
    redis.replicas = 1;
    start_open();
    EXPECT_EQ(promise(), (RedisPromise{true, true, true}));
    EXPECT_THAT(promise().broken(), IsEmpty());

    set("no", "no", "0");
    redis.cut();
    pass(1s);
    EXPECT_EQ(promise(), (RedisPromise{false, false, false}));
    EXPECT_EQ(
        promise().broken(),
        "its appendonly is no, its appendfsync is no, its min-replicas-to-write is 0"
    );

    set("yes", "always", "2");
    redis.config["min-replicas-max-lag"] = "0";
    redis.cut();
    pass(1s);
    EXPECT_EQ(promise(), (RedisPromise{true, true, false})) << "a lag of 0 switches it off";
}

TEST_F(RedisPromiseTest, WhoMayNotGoesByInfoWhichDoesNotTellHowOftenTheDiskIsWritten) {
    options.replicas = 1;
    redis.replicas = 1;
    redis.more_info = "aof_enabled:1\r\nmin_slaves_good_slaves:1\r\n";
    start_open();
    EXPECT_EQ(promise(), (RedisPromise{true, {}, true}));
    redis.more_info = "aof_enabled:0\r\n";
    redis.cut();
    pass(1s);
    EXPECT_EQ(promise(), (RedisPromise{false, {}, false}));
}

TEST_F(RedisPromiseTest, NothingIsSaidOfWhatIsNotAskedFor) {
    set("yes", "everysec", "0");
    start_open();
    EXPECT_EQ(promise(), (RedisPromise{true, true, {}}));
}

TEST_F(RedisPromiseTest, WhatEachGroupAwaitsIsKeptUnlessTheSettingsSayThatItNeverComes) {
    options.fsync = true;
    redis.waitaof_refusal.clear();
    start_open();
    EXPECT_EQ(promise(), (RedisPromise{true, true, {}}));
    set("yes", "no", "0");
    redis.cut();
    pass(1s);
    EXPECT_EQ(promise(), (RedisPromise{true, false, {}}));
}

TEST_F(RedisPromiseTest, AChangeIsNoticedWithinAMinuteAndToldOnce) {
    set("yes", "everysec", "0");
    start_open();
    EXPECT_THAT(process->promises, SizeIs(1));
    pass(10min);
    EXPECT_THAT(process->promises, SizeIs(1));
    set("no", "everysec", "0");
    pass(61s);
    ASSERT_THAT(process->promises, SizeIs(2));
    EXPECT_EQ(promise().file, false);
    EXPECT_GE(asked("INFO"), 10);
    EXPECT_LE(asked("INFO"), 12);
}

TEST_F(RedisPromiseTest, WhatTheUserMayNotSeeIsAskedForOnceAConnection) {
    start();
    pass(10min);
    EXPECT_EQ(asked("CONFIG"), 1) << "each refusal is in the log of Redis";
    redis.cut();
    pass(10min);
    EXPECT_EQ(asked("CONFIG"), 2);
}

TEST_F(RedisPromiseTest, ANodeThatStandsByKnowsItToo) {
    redis.give("7", "3.00000000000000bb.node-b");
    redis.more_info = "aof_enabled:0\r\n";
    start();
    EXPECT_FALSE(process->opened);
    EXPECT_EQ(promise().file, false);
}

}  // namespace
}  // namespace reginfo::test
