/// @file
/// The store with its thread: answers in order, also when the disk fails.

#include "core/storage/sqlite_store.hpp"

#include "tests/storage/faulty_vfs.hpp"
#include "tests/storage/temporary_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace reginfo {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

constexpr auto kLong = 60s;  ///< longer than any test takes

/// The reactor's side: waits for the writer's wake, then delivers.
class SqliteStoreTest : public ::testing::Test {
protected:
    void SetUp() override { open(); }
    void TearDown() override {
        store.reset();
        heal();
    }

    void open(std::chrono::milliseconds patience = kLong) {
        store.reset();
        SqliteStoreOptions options;
        options.file.path = directory.file("state.db");
        options.file.vfs = test::kFaultyVfs;
        options.patience = patience;
        options.retry_interval = 1ms;
        options.probe_interval = 1ms;
        store = std::make_unique<SqliteStore>(std::move(options), [this] {
            const std::lock_guard lock(mutex);
            woken = true;
            wake.notify_one();
        });
        store->on_done([this](CommitId id, bool ok) { answers.emplace_back(id, ok); });
        aors = 0;
        store->load([this](const StoredRecord&) { return ++aors, true; });
    }

    void commit(CommitId id, const std::string& key = "a") {
        store->commit({id, {{Bucket::aor, key, "value"}}});
    }

    /// Runs until that many commits are answered.
    void await(std::size_t count) {
        while (answers.size() < count) {
            std::unique_lock lock(mutex);
            ASSERT_TRUE(wake.wait_for(lock, kLong, [this] { return woken; }));
            woken = false;
            lock.unlock();
            store->deliver();
        }
    }

    void await_trouble() {
        while (store->healthy()) std::this_thread::yield();
    }

    void heal() {
        disk.full = false;
        disk.write_error = false;
        disk.torn_write = false;
        disk.sync_error = false;
    }

    test::DiskFaults& disk = test::faulty_disk();
    test::TemporaryDirectory directory;
    std::mutex mutex;
    std::condition_variable wake;
    bool woken = false;
    std::vector<std::pair<CommitId, bool>> answers;
    std::unique_ptr<SqliteStore> store;
    std::size_t aors = 0;
};

TEST_F(SqliteStoreTest, EveryCommitIsAnsweredInOrder) {
    std::vector<std::pair<CommitId, bool>> expected;
    for (CommitId id = 1; id <= 2000; ++id) {
        commit(id, std::to_string(id));
        expected.emplace_back(id, true);
    }

    await(2000);

    EXPECT_EQ(answers, expected);
    EXPECT_EQ(store->stats().commits, 2000U);
    EXPECT_LT(store->stats().batches, 2000U);
    open();
    EXPECT_EQ(aors, 2000U);
}

TEST_F(SqliteStoreTest, WithFullSyncNothingIsAnsweredBeforeItIsOnTheDisk) {
    disk.sync_error = true;
    commit(1);
    await_trouble();
    store->deliver();
    EXPECT_TRUE(answers.empty());

    heal();
    const std::uint64_t syncs = disk.syncs;
    await(1);

    EXPECT_THAT(answers, ElementsAre(Pair(1U, true)));
    EXPECT_GT(disk.syncs, syncs);
}

TEST_F(SqliteStoreTest, AfterEachKindOfFaultItRecoversByItselfAndKeepsTheOrder) {
    struct Case {
        const char* what;
        std::atomic<bool> test::DiskFaults::* fault;
        const char* told;
    };
    CommitId id = 0;
    for (const Case& c : {
             Case{"full disk", &test::DiskFaults::full, "no space left"},
             Case{"write error", &test::DiskFaults::write_error, "its disk fails"},
             Case{"torn write", &test::DiskFaults::torn_write, "its disk fails"},
             Case{"fsync error", &test::DiskFaults::sync_error, "its disk fails"},
         }) {
        SCOPED_TRACE(c.what);
        answers.clear();
        disk.*c.fault = true;
        commit(id + 1, "x" + std::to_string(id));
        await_trouble();
        EXPECT_THAT(store->trouble(), HasSubstr(c.told));
        commit(id + 2, "y" + std::to_string(id));
        disk.*c.fault = false;
        await(2);

        EXPECT_THAT(answers, ElementsAre(Pair(id + 1, true), Pair(id + 2, true)));
        EXPECT_TRUE(store->healthy());
        EXPECT_EQ(store->trouble(), "");
        id += 2;
    }
    open();
    EXPECT_EQ(aors, 8U);
}

TEST_F(SqliteStoreTest, ACommitThatCannotBeMadeDurableFailsWhenPatienceEnds) {
    open(50ms);
    commit(1, "kept");
    await(1);
    disk.full = true;
    commit(2, "lost");
    await(2);
    EXPECT_FALSE(store->healthy());
    EXPECT_EQ(store->stats().commits_failed, 1U);

    heal();
    commit(3, "later");
    await(3);

    EXPECT_THAT(answers, ElementsAre(Pair(1U, true), Pair(2U, false), Pair(3U, true)));
    EXPECT_TRUE(store->healthy());
    open();
    EXPECT_EQ(aors, 2U);
}

TEST_F(SqliteStoreTest, WritesThatNobodyAwaitsAreTriedUntilTheyAreDurable) {
    open(20ms);
    commit(1, "ended");
    await(1);
    disk.full = true;
    store->commit({2, {{Bucket::aor, "ended", std::nullopt}}, false});
    commit(3, "lost");
    await(2);
    EXPECT_THAT(answers, ElementsAre(Pair(1U, true), Pair(3U, false)));

    heal();
    await(3);
    EXPECT_THAT(answers.back(), Pair(2U, true));
    open();
    EXPECT_EQ(aors, 0U);
}

TEST_F(SqliteStoreTest, ItFindsOutThatTheDiskIsBackAlsoIfNothingIsToBeWritten) {
    open(20ms);
    disk.full = true;
    commit(1);
    await(1);
    EXPECT_FALSE(store->healthy());

    heal();

    std::unique_lock lock(mutex);
    EXPECT_TRUE(wake.wait_for(lock, kLong, [this] { return store->healthy(); }));
}

TEST_F(SqliteStoreTest, DrainWaitsForWhatWasHandedIn) {
    for (CommitId id = 1; id <= 500; ++id) commit(id, std::to_string(id));

    EXPECT_TRUE(store->drain(kLong));

    store->deliver();
    EXPECT_EQ(answers.size(), 500U);
}

TEST_F(SqliteStoreTest, DrainGivesUpInTime) {
    disk.full = true;
    commit(1);

    EXPECT_FALSE(store->drain(20ms));
}

TEST_F(SqliteStoreTest, WhatWasHandedInIsWrittenAtTheEnd) {
    for (CommitId id = 1; id <= 100; ++id) commit(id, std::to_string(id));

    open();

    EXPECT_EQ(aors, 100U);
}

}  // namespace
}  // namespace reginfo
