/// @file
/// The file of records: written records are read again, and files that cannot be used are refused
/// with a reason.

#include "core/storage/record_file.hpp"

#include "core/event/persistence/aor_record.hpp"
#include "core/event/persistence/dialog_record.hpp"
#include "core/event/persistence/unsettled_key.hpp"
#include "core/storage/store_error.hpp"
#include "tests/storage/faulty_vfs.hpp"
#include "tests/storage/temporary_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace reginfo {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::StartsWith;

using Records = std::map<std::pair<Bucket, std::string>, std::string>;

Write put(Bucket bucket, std::string key, std::string value) {
    return {bucket, std::move(key), std::move(value)};
}
Write drop(Bucket bucket, std::string key) { return {bucket, std::move(key), std::nullopt}; }

class RecordFileTest : public ::testing::Test {
protected:
    RecordFile open() { return RecordFile({.path = path}); }

    void write(RecordFile& file, const std::vector<Write>& writes) {
        const RecordFile::Batch batch{writes, file.clock().read()};
        file.write({&batch, 1});
    }

    Records load(RecordFile& file) {
        Records records;
        file.load([&](const StoredRecord& record) {
            const auto key = std::pair(record.bucket, std::string(record.key));
            EXPECT_TRUE(records.emplace(key, record.value).second) << "twice: " << record.key;
            EXPECT_GE(record.age, Duration::zero());
            return true;
        });
        return records;
    }

    std::string error_of_opening() {
        try {
            RecordFile file = open();
            load(file);
        } catch (const StoreError& error) {
            return error.what();
        }
        return "";
    }

    test::TemporaryDirectory directory;
    std::string path = directory.file("state.db");
};

TEST_F(RecordFileTest, WhatWasWrittenComesBack) {
    {
        RecordFile file = open();
        load(file);
        write(file, {put(Bucket::aor, "a", "1"), put(Bucket::dialog, std::string("\0d", 2), "2")});
        write(file, {put(Bucket::transaction, "t", "")});
    }

    RecordFile file = open();

    EXPECT_THAT(
        load(file),
        ElementsAre(
            Pair(Pair(Bucket::aor, "a"), "1"),
            Pair(Pair(Bucket::dialog, std::string("\0d", 2)), "2"),
            Pair(Pair(Bucket::transaction, "t"), "")
        )
    );
}

TEST_F(RecordFileTest, TheLastWriteOfAKeyCountsAndADroppedOneIsGone) {
    {
        RecordFile file = open();
        load(file);
        write(file, {put(Bucket::aor, "a", "1"), put(Bucket::aor, "b", "1")});
        write(file, {put(Bucket::aor, "a", "2"), drop(Bucket::aor, "b")});
        write(file, {put(Bucket::aor, "c", "1"), drop(Bucket::aor, "c")});
        write(file, {drop(Bucket::aor, "d"), put(Bucket::aor, "d", "3")});
    }

    RecordFile file = open();

    EXPECT_THAT(
        load(file),
        ElementsAre(Pair(Pair(Bucket::aor, "a"), "2"), Pair(Pair(Bucket::aor, "d"), "3"))
    );
}

TEST_F(RecordFileTest, OneKeyInTwoBucketsIsTwoRecords) {
    {
        RecordFile file = open();
        load(file);
        write(file, {put(Bucket::aor, "a", "1"), put(Bucket::dialog, "a", "2")});
        write(file, {drop(Bucket::aor, "a")});
    }

    RecordFile file = open();

    EXPECT_THAT(load(file), ElementsAre(Pair(Pair(Bucket::dialog, "a"), "2")));
}

TEST_F(RecordFileTest, ThroughManyChangesAndRestartsEveryRecordIsTheNewestAndTheFileStaysSmall) {
    Records expected;
    std::uint64_t chance = 1;
    for (int run = 0; run < 4; ++run) {
        RecordFile file({.path = path, .sync = StorageSync::off});
        ASSERT_EQ(load(file), expected);
        for (int i = 0; i < 8'000; ++i) {
            chance = chance * 6'364'136'223'846'793'005U + 1'442'695'040'888'963'407U;
            const std::string key = std::to_string((chance >> 33U) % 500);
            const std::string value = std::string(200, 'x') + std::to_string(i);
            if ((chance >> 20U) % 8 == 0) {
                write(file, {drop(Bucket::aor, key)});
                expected.erase({Bucket::aor, key});
            } else {
                write(file, {put(Bucket::aor, key, value)});
                expected[{Bucket::aor, key}] = value;
            }
        }
    }

    RecordFile file = open();

    EXPECT_EQ(load(file), expected);
    EXPECT_LT(std::filesystem::file_size(path), 10'000'000U);
    EXPECT_THAT(file.check(), IsEmpty());
}

TEST_F(RecordFileTest, OldTransactionsArePruned) {
    {
        RecordFile file({.path = path, .transaction_memory = 32s});
        load(file);
        const std::vector<Write> first{put(Bucket::transaction, "old", "1")};
        const std::vector<Write> second{put(Bucket::transaction, "new", "1")};
        const Stamp now = file.clock().read();
        const RecordFile::Batch old{first, now - 40'000};
        const RecordFile::Batch later{second, now};
        file.write({&old, 1});
        file.write({&later, 1});
    }

    EXPECT_EQ(SqliteConnection(path, "").number_of("SELECT count(*) FROM txn"), 1);
}

TEST_F(RecordFileTest, TheSeedStaysWithTheFile) {
    const std::uint64_t seed = open().hash_seed();

    EXPECT_NE(seed, 0U);
    EXPECT_EQ(open().hash_seed(), seed);
}

TEST_F(RecordFileTest, ASecondProcessIsRefused) {
    const RecordFile file = open();

    EXPECT_THAT(
        error_of_opening(),
        AllOf(
            StartsWith(path + " is in use by another reginfod, process "),
            HasSubstr(std::to_string(::getpid())),
            HasSubstr("--state-dir")
        )
    );
}

TEST_F(RecordFileTest, AFileOfANewerSchemaIsRefusedAndLeftAlone) {
    static_cast<void>(open());
    SqliteConnection(path, "").execute("PRAGMA user_version=99");

    EXPECT_THAT(
        error_of_opening(), HasSubstr("newer reginfod (schema 99, this one knows up to 5)")
    );
    EXPECT_EQ(SqliteConnection(path, "").number_of("PRAGMA user_version"), 99);
}

/// Written by reginfod 0.1.0 when it knew schema 1: two AORs, each published and watched.
class SchemaOne : public RecordFileTest {
protected:
    void SetUp() override {
        std::filesystem::copy(
            std::string(REGINFO_SOURCE_DIR) + "/tests/data/state/schema-1.db", path
        );
    }

    std::int64_t schema() const {
        return SqliteConnection(path, "").number_of("PRAGMA user_version");
    }
};

TEST_F(SchemaOne, IsMigratedAndItsRecordsAreRead) {
    RecordFile file = open();
    const Records records = load(file);
    ASSERT_EQ(records.size(), 5U);  // its transactions are outdated
    EXPECT_TRUE(records.contains({Bucket::unsettled, std::string(kAllUnsettled)}));
    const RecordTime time{TimePoint{1h}, 0s};
    for (const auto& [key, value] : records) {
        if (key.first == Bucket::aor) {
            const auto state = decode_aor(key.second, value, time);
            ASSERT_TRUE(state);
            EXPECT_EQ(state->publications.size(), 1U);
        } else if (key.first == Bucket::dialog) {
            EXPECT_TRUE(decode_dialog(value, time));
        }
    }
    write(file, {put(Bucket::aor, "a", "1")});
}

TEST_F(SchemaOne, IsMigratedOnce) {
    for (int i = 0; i < 2; ++i) static_cast<void>(open());
    EXPECT_EQ(schema(), 5);
}

TEST_F(SchemaOne, StaysAsItWasWhereTheDiskFailsDuringTheMigration) {
    test::DiskFaults& disk = test::faulty_disk();
    disk.write_error = true;
    EXPECT_THROW(RecordFile({.path = path, .vfs = test::kFaultyVfs}), StoreError);
    disk.write_error = false;
    EXPECT_EQ(schema(), 1);

    RecordFile file = open();
    EXPECT_EQ(load(file).size(), 5U);
}

/// Written by reginfod 0.1.0 when it knew schema 4: two AORs, each published, and watched by one
/// who has answered.
class SchemaFour : public RecordFileTest {
protected:
    void SetUp() override {
        std::filesystem::copy(
            std::string(REGINFO_SOURCE_DIR) + "/tests/data/state/schema-4.db", path
        );
    }

    static std::size_t unsettled_in(const Records& records) {
        return static_cast<std::size_t>(std::ranges::count_if(records, [](const auto& record) {
            return record.first.first == Bucket::unsettled;
        }));
    }
};

TEST_F(SchemaFour, HasOneEntryForAllThatMayBeUnsettledUntilThereIsOneForEach) {
    const std::string key = unsettled_key(7, UnsettledKind::aor, "sip:alice@reg.test");
    {
        RecordFile file = open();
        const Records records = load(file);
        EXPECT_EQ(records.size(), 5U);
        EXPECT_TRUE(records.contains({Bucket::unsettled, std::string(kAllUnsettled)}));
    }
    {
        RecordFile file = open();
        EXPECT_EQ(unsettled_in(load(file)), 1U) << "a start that did nothing changes nothing";
        write(file, {put(Bucket::unsettled, key, "")});
        write(file, {drop(Bucket::unsettled, std::string(kAllUnsettled))});
    }
    RecordFile file = open();
    const Records records = load(file);
    EXPECT_EQ(unsettled_in(records), 1U);
    EXPECT_TRUE(records.contains({Bucket::unsettled, key}));
}

TEST_F(RecordFileTest, ADatabaseOfSomethingElseIsRefused) {
    SqliteConnection(path, "").execute("CREATE TABLE other(x)");

    EXPECT_THAT(error_of_opening(), HasSubstr("is a database of something else"));
}

TEST_F(RecordFileTest, AFileThatIsNoDatabaseIsRefused) {
    std::ofstream(path) << std::string(8192, 'x');

    EXPECT_THAT(
        error_of_opening(), AllOf(StartsWith(path + " is damaged"), HasSubstr("state check"))
    );
}

TEST_F(RecordFileTest, AFileWithBrokenPagesIsRefused) {
    {
        RecordFile file = open();
        load(file);
        for (int i = 0; i < 500; ++i) {
            write(file, {put(Bucket::aor, std::to_string(i), std::string(500, 'v'))});
        }
    }
    {
        std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(4096 * 5);
        for (int i = 0; i < 4096 * 20; ++i) file.put('\x5a');
    }

    EXPECT_THAT(error_of_opening(), StartsWith(path + " is damaged"));
}

TEST_F(RecordFileTest, ADirectoryThatCannotBeMadeIsReported) {
    std::ofstream(directory.file("file")) << "x";
    path = directory.file("file/state/state.db");

    EXPECT_THAT(error_of_opening(), StartsWith("cannot make the state directory "));
}

TEST_F(RecordFileTest, AnAgeIsNeverNegative) {
    {
        RecordFile file = open();
        load(file);
        const std::vector<Write> writes{put(Bucket::aor, "a", "1")};
        const RecordFile::Batch batch{writes, file.clock().read() + 3'600'000};
        file.write({&batch, 1});
    }
    RecordFile file = open();

    EXPECT_EQ(load(file).size(), 1U);
}

std::filesystem::perms mode_of(const std::filesystem::path& path) {
    return std::filesystem::status(path).permissions();
}

TEST_F(RecordFileTest, DirectoryAndFilesThatAreMadeAreForTheirOwnerOnly) {
    using std::filesystem::perms;
    const mode_t before = ::umask(0022);
    path = directory.file("above/state/state.db");

    RecordFile file = open();
    load(file);
    write(file, {put(Bucket::aor, "a", "1")});

    EXPECT_EQ(mode_of(directory.file("above/state")), perms::owner_all);
    for (const char* suffix : {"", "-wal", ".lock", ".mark"}) {
        EXPECT_EQ(mode_of(path + suffix), perms::owner_read | perms::owner_write) << suffix;
    }
    ::umask(before);
}

TEST_F(RecordFileTest, ADirectoryThatIsThereKeepsItsMode) {
    std::filesystem::create_directory(directory.file("state"));
    std::filesystem::permissions(directory.file("state"), std::filesystem::perms{0750});
    path = directory.file("state/state.db");

    open();

    EXPECT_EQ(mode_of(directory.file("state")), std::filesystem::perms{0750});
}

TEST_F(RecordFileTest, AFillThatFailsLeavesNothing) {
    std::uint64_t seed = 0;
    {
        RecordFile file = open();
        load(file);
        seed = file.hash_seed();
        int left = 3;
        const auto source = [&]() -> std::optional<RecordFile::Stamped> {
            if (left-- == 0) throw StoreError("no more");
            return RecordFile::Stamped{put(Bucket::aor, std::to_string(left), "x"), 1};
        };
        EXPECT_THROW(file.fill(seed + 1, source), StoreError);
        write(file, {put(Bucket::aor, "a", "1")});
    }
    RecordFile file = open();

    EXPECT_THAT(load(file), ElementsAre(Pair(std::pair(Bucket::aor, std::string("a")), "1")));
    EXPECT_EQ(file.hash_seed(), seed);
}

}  // namespace
}  // namespace reginfo
