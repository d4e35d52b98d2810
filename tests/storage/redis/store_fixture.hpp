/// @file
/// A process with a store over a Redis in memory, and a clock that a test moves.
#pragma once

#include "tests/storage/redis/scripted_redis.hpp"
#include "tests/storage/redis/store_process.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>

namespace reginfo::test {

class RedisStoreTest : public ::testing::Test {
protected:
    RedisStoreTest() : options(store_options("node-a", "00000000000000aa")) {}

    void start() {
        process = std::make_unique<StoreProcess>(options, redis, [this] { return now; });
        process->run = [this](std::chrono::milliseconds time) { pass(time); };
        redis.attach(process->store);
        process->store.start();
        run();
    }
    void start_open() {
        start();
        ASSERT_TRUE(process->store.healthy()) << process->store.trouble() << process->lost;
        redis.names.clear();
    }
    /// Until there is nothing to do at this time.
    void run() {
        do {
            process->is_woken = false;
            process->store.deliver();
            redis.run();
        } while (process->is_woken);
    }
    void pass(Duration time) {
        const TimePoint end = now + time;
        while (process->store.next_deadline() <= end) {
            now = std::max(now, process->store.next_deadline());
            process->store.handle_time();
            run();
        }
        now = end;
        process->store.handle_time();
        run();
    }
    std::string seq_of(std::size_t group) const { return redis.groups.at(group).at(6); }
    std::string stored(const std::string& key) { return redis.data.records["a " + key]; }

    TimePoint now{std::chrono::hours{1}};
    RedisOptions options;
    ScriptedRedis redis;
    std::unique_ptr<StoreProcess> process;
};

}  // namespace reginfo::test
