/// @file
/// The size of the file is bounded by its live records, and room is made on a full disk.

#include "core/storage/record_file.hpp"
#include "core/storage/sqlite_error.hpp"
#include "tests/storage/faulty_vfs.hpp"
#include "tests/storage/record_file_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace reginfo::test {
namespace {

using namespace std::chrono_literals;
using ::testing::IsEmpty;

constexpr std::uintmax_t kMegabyte = 1U << 20U;
constexpr std::uintmax_t kSlack = 40 * kMegabyte;  ///< besides twice the live records
constexpr std::uintmax_t kLog = 25 * kMegabyte;    ///< and the write-ahead log

class RecordFileRoomTest : public ::testing::Test {
protected:
    void TearDown() override { disk.room = -1; }

    RecordFile open(const std::string& where) {
        return RecordFile({.path = where, .sync = StorageSync::off, .vfs = kFaultyVfs});
    }

    std::uintmax_t size() const { return std::filesystem::file_size(path); }
    std::uintmax_t log_size() const { return std::filesystem::file_size(path + "-wal"); }

    /// Writes values of that size to keys in turn, and notes how large the files became.
    void churn(RecordFile& file, int keys, std::size_t value, std::uintmax_t bytes) {
        for (std::uintmax_t written = 0; written < bytes;) {
            std::vector<Write> writes;
            for (std::size_t batch = 0; batch < 100'000; batch += value, written += value) {
                const std::string key = "churn" + std::to_string(next_++ % keys);
                writes.push_back(put(Bucket::aor, key, std::string(value, 'v')));
            }
            write(file, writes);
            most = std::max(most, size());
            most_log = std::max(most_log, log_size());
        }
    }

    void fill(RecordFile& file, int records, std::size_t value) {
        std::vector<Write> writes;
        for (int i = 0; i < records; ++i) {
            writes.push_back(put(Bucket::aor, "kept" + std::to_string(i), std::string(value, 'k')));
            if (writes.size() < 500 && i + 1 < records) continue;
            write(file, writes);
            writes.clear();
        }
    }

    void tidy_up(RecordFile& file) {
        for (int i = 0; i < 10'000; ++i) {
            const auto pause = file.tidy();
            if (!pause || *pause > 1s) return;
        }
        ADD_FAILURE() << "it does not come to an end";
    }

    DiskFaults& disk = faulty_disk();
    TemporaryDirectory directory;
    std::string path = directory.file("state.db");
    std::uintmax_t most = 0;
    std::uintmax_t most_log = 0;

private:
    int next_ = 0;
};

TEST_F(RecordFileRoomTest, RefreshesOfALargeRecordLeaveNoGarbage) {
    RecordFile file = open(path);
    load(file);

    churn(file, 1, 2'000'000, 100 * kMegabyte);

    EXPECT_LT(most, 2 * 2'000'000 + kSlack);
    EXPECT_LT(most_log, kLog);
    EXPECT_THAT(file.check(), IsEmpty());
}

TEST_F(RecordFileRoomTest, RefreshesOfSomeRecordsBehindManyThatDoNotChangeAreBoundedByBytes) {
    for (const std::size_t value : {600U, 3'000U, 7'000U}) {
        SCOPED_TRACE(value);
        path = directory.file(std::to_string(value) + ".db");
        most = 0;
        RecordFile file = open(path);
        load(file);
        constexpr std::uintmax_t kAlive = 6 * kMegabyte;
        fill(file, static_cast<int>(kAlive / value), value);
        const std::uintmax_t alive = size();

        churn(file, 50, value, 40 * kMegabyte);

        EXPECT_LT(most, 2 * alive + kSlack);
        EXPECT_LT(most_log, kLog);
    }
}

TEST_F(RecordFileRoomTest, RecordsOfAllSizesComeBackAsTheyWereWrittenLast) {
    Records expected;
    std::uint64_t chance = 7;
    const auto next = [&](std::uint64_t below) {
        chance = chance * 6'364'136'223'846'793'005U + 1'442'695'040'888'963'407U;
        return (chance >> 33U) % below;
    };
    for (int run = 0; run < 3; ++run) {
        RecordFile file = open(path);
        ASSERT_EQ(load(file).records, expected);
        for (int i = 0; i < 3'000; ++i) {
            std::vector<Write> writes;
            for (int n = 0; n < 3; ++n) {
                const std::string key = std::to_string(next(60));
                if (next(8) == 0) {
                    writes.push_back(drop(Bucket::dialog, key));
                    expected.erase({Bucket::dialog, key});
                } else {
                    const std::size_t size = next(4) == 0 ? next(30'000) : next(900);
                    std::string value(size, static_cast<char>('a' + next(20)));
                    expected[{Bucket::dialog, key}] = value;
                    writes.push_back(put(Bucket::dialog, key, std::move(value)));
                }
            }
            write(file, writes);
        }
        EXPECT_THAT(file.check(), IsEmpty());
        if (run == 1) tidy_up(file);
    }
    RecordFile file = open(path);
    EXPECT_EQ(load(file).records, expected);
    EXPECT_LT(size(), kSlack);
}

TEST_F(RecordFileRoomTest, WhatIsNoLongerNeededIsGivenBackToTheDisk) {
    RecordFile file = open(path);
    load(file);
    fill(file, 60, 1'500'000);
    EXPECT_GT(size(), 80 * kMegabyte);
    std::vector<Write> writes;
    for (int i = 0; i < 60; ++i) writes.push_back(drop(Bucket::aor, "kept" + std::to_string(i)));
    write(file, writes);

    tidy_up(file);

    EXPECT_LT(size(), kSlack);
    EXPECT_LT(log_size(), kLog);
}

TEST_F(RecordFileRoomTest, OnAFullDiskRefreshesGoOnAndCleanUp) {
    RecordFile file = open(path);
    load(file);
    fill(file, 1000, 1000);
    disk.room = 3 * kMegabyte;

    churn(file, 100, 1000, 40 * kMegabyte);

    EXPECT_GE(disk.room, 0);
    EXPECT_THAT(file.check(), IsEmpty());
}

TEST_F(RecordFileRoomTest, OnADiskWithoutAByteLeftWhatReplacesOtherThingsIsStillWritten) {
    RecordFile file = open(path);
    load(file);
    fill(file, 1000, 1000);
    churn(file, 100, 1000, 4 * kMegabyte);
    disk.room = 0;

    churn(file, 100, 1000, 40 * kMegabyte);
    for (int i = 0; i < 1000; ++i) {
        write(file, {put(Bucket::aor, "kept0", "one after the other")});
    }
}

TEST_F(RecordFileRoomTest, WhatDoesNotFitIsRefusedAndTheRestGoesOn) {
    RecordFile file = open(path);
    load(file);
    fill(file, 1000, 1000);
    churn(file, 100, 1000, 2 * kMegabyte);
    disk.room = 0;

    for (int i = 0; i < 5; ++i) {
        EXPECT_THROW(
            write(file, {put(Bucket::aor, "big", std::string(20 * kMegabyte, 'x'))}), SqliteError
        );
        write(file, {put(Bucket::aor, "kept1", "small")});
        file.probe();
    }

    disk.room = 40 * kMegabyte;
    write(file, {put(Bucket::aor, "big", std::string(20 * kMegabyte, 'x'))});
    EXPECT_THAT(file.check(), IsEmpty());
}

TEST_F(RecordFileRoomTest, AProbeFailsIfTheDiskIsFullAndNoRoomCanBeMade) {
    RecordFile file = open(path);
    load(file);
    write(file, {put(Bucket::aor, "a", "1")});
    disk.room = 0;

    EXPECT_THROW(
        while (true) write(file, {put(Bucket::aor, std::to_string(most++), std::string(900, 'x'))}),
        SqliteError
    );
    EXPECT_THROW(file.probe(), SqliteError);

    disk.room = kMegabyte;
    file.probe();
}

TEST_F(RecordFileRoomTest, AfterAKillOnAFullDiskTheNextProcessCleansUpAndGoesOn) {
    const std::string copy = directory.file("copy.db");
    Records expected;
    {
        RecordFile file = open(path);
        load(file);
        fill(file, 1000, 1000);
        churn(file, 100, 1000, 6 * kMegabyte);
        copy_state(path, copy);
    }
    {
        RecordFile file = open(path);
        expected = load(file).records;
    }
    disk.room = 0;

    RecordFile file = open(copy);
    EXPECT_EQ(load(file).records, expected);
    path = copy;
    churn(file, 100, 1000, 40 * kMegabyte);
    tidy_up(file);

    EXPECT_THAT(file.check(), IsEmpty());
}

TEST_F(RecordFileRoomTest, OutdatedTransactionsLeaveWithoutAnotherOne) {
    RecordFile file({.path = path, .transaction_memory = 0s, .vfs = kFaultyVfs});
    load(file);
    const Stamp now = file.clock().read();
    std::vector<Write> writes;
    for (int i = 0; i < 30'000; ++i) {
        writes.push_back(put(Bucket::transaction, std::to_string(i), std::string(300, 't')));
    }
    const RecordFile::Batch batch{writes, now - 10'000};
    file.write({&batch, 1});

    tidy_up(file);

    EXPECT_EQ(file.tidy(), std::nullopt);
}

}  // namespace
}  // namespace reginfo::test
