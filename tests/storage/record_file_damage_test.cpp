/// @file
/// Damage is detected and reported, and costs only the damaged records.

#include "core/event/persistence/aor_record.hpp"
#include "core/event/persistence/dialog_record.hpp"
#include "core/storage/record_file.hpp"
#include "core/storage/store_error.hpp"
#include "tests/storage/record_file_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace reginfo::test {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string bytes_of(const std::string& path) {
    std::string bytes(std::filesystem::file_size(path), '\0');
    std::ifstream(path, std::ios::binary).read(bytes.data(), std::ssize(bytes));
    return bytes;
}

void replace(const std::string& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

class RecordFileDamageTest : public ::testing::Test {
protected:
    /// Some records, each with a value that names its key.
    Records make(int count) {
        Records records;
        RecordFile file({.path = path});
        load(file);
        for (int i = 0; i < count; ++i) {
            const std::string name = "sip:user" + std::to_string(i) + "@reg.test";
            const Bucket bucket = i % 3 == 2 ? Bucket::dialog : Bucket::aor;
            records[{bucket, name}] = "value of " + name + std::string(100, '.');
            write(file, {put(bucket, name, records[{bucket, name}])});
        }
        return records;
    }

    /// Changes one byte of the text wherever it is in the file.
    void damage(const std::string& text) {
        std::string bytes = bytes_of(path);
        std::size_t at = bytes.find(text);
        ASSERT_NE(at, std::string::npos);
        for (; at != std::string::npos; at = bytes.find(text, at)) {
            bytes[at + text.size() / 2] ^= 0x04;
        }
        replace(path, bytes);
    }

    TemporaryDirectory directory;
    std::string path = directory.file("state.db");
    std::string copy = directory.file("copy.db");
};

TEST_F(RecordFileDamageTest, ARecordWithAWrongByteIsLeftOutAloneAndNamed) {
    Records expected = make(9);
    damage("value of sip:user4@reg.test");
    expected.erase({Bucket::aor, "sip:user4@reg.test"});

    RecordFile file({.path = path});
    const Loaded loaded = load(file);

    EXPECT_EQ(loaded.records, expected);
    EXPECT_EQ(loaded.report.damaged, 1U);
    EXPECT_FALSE(loaded.report.is_whole());
    EXPECT_THAT(
        loaded.report.findings,
        ElementsAre("aor sip:user4@reg.test is damaged: its checksum is wrong")
    );
}

TEST_F(RecordFileDamageTest, WhatTheDamagedRecordWasBeforeDoesNotComeBack) {
    {
        RecordFile file({.path = path});
        load(file);
        write(file, {put(Bucket::aor, "a", "an old value")});
        write(file, {put(Bucket::aor, "a", "the new value")});
    }
    damage("the new value");

    RecordFile file({.path = path});
    EXPECT_THAT(load(file).records, IsEmpty());
}

TEST_F(RecordFileDamageTest, ARecordThatWasLeftOutCanBeWrittenAnew) {
    make(3);
    damage("value of sip:user0@reg.test");
    {
        RecordFile file({.path = path});
        load(file);
        write(file, {put(Bucket::aor, "sip:user0@reg.test", "anew")});
    }

    RecordFile file({.path = path});
    const Loaded loaded = load(file);
    EXPECT_EQ(loaded.records.at({Bucket::aor, "sip:user0@reg.test"}), "anew");
    EXPECT_TRUE(loaded.report.is_whole());
}

TEST_F(RecordFileDamageTest, ARecordThatIsMovedWhileTheFileIsCleanedStaysDamaged) {
    SqliteConnection connection(path, "");
    connection.execute("CREATE TABLE aor(seq INTEGER PRIMARY KEY, written, key, value, sum)");
    RecordJournal journal(connection, Bucket::aor, {});
    connection.execute("BEGIN");
    journal.start_transaction();
    journal.append(put(Bucket::aor, "never changes", "a"), 1);
    connection.execute("UPDATE aor SET value = x'62'");
    for (int i = 0; i < 20'000; ++i) {
        journal.append(put(Bucket::aor, "x", std::string(1000, 'x')), 1);
    }
    while (journal.wants_cleaning()) journal.clean(1'000'000);

    EXPECT_GT(connection.number_of("SELECT min(seq) FROM aor"), 1);
    std::vector<std::string> damaged;
    RecordJournal(connection, Bucket::aor, {}).load([&](const RecordJournal::Row& row) {
        if (!row.is_sound) damaged.emplace_back(row.key);
    });
    EXPECT_THAT(damaged, ElementsAre("never changes"));
}

TEST_F(RecordFileDamageTest, WhateverByteIsWrongNothingIsReadThatNobodyWrote) {
    const Records written = make(12);
    const std::string whole = bytes_of(path);
    const std::size_t used = whole.find_last_not_of('\0');
    std::uint64_t chance = 3;
    int noticed = 0;
    for (int i = 0; i < 250; ++i) {
        chance = chance * 6'364'136'223'846'793'005U + 1'442'695'040'888'963'407U;
        std::string bytes = whole;
        bytes[(chance >> 33U) % used] ^= static_cast<char>(1U << (chance >> 20U) % 8);
        replace(copy, bytes);
        try {
            RecordFile file({.path = copy});
            const Loaded loaded = load(file);
            for (const auto& [key, value] : loaded.records) {
                const auto at = written.find(key);
                ASSERT_NE(at, written.end()) << key.second;
                EXPECT_EQ(value, at->second);
            }
            if (loaded.records.size() < written.size()) {
                EXPECT_TRUE(!loaded.report.is_whole() || !file.check().empty()) << i;
                ++noticed;
            }
        } catch (const StoreError&) {
            ++noticed;
        }
        std::filesystem::remove(copy + "-wal");
    }
    EXPECT_GT(noticed, 10);
}

TEST_F(RecordFileDamageTest, AKeyThatIsNotPrintableIsNamedAllTheSame) {
    {
        RecordFile file({.path = path});
        load(file);
        write(file, {put(Bucket::dialog, std::string("a\0b\xff", 4), "its value")});
    }
    damage("its value");

    RecordFile file({.path = path});
    EXPECT_THAT(
        load(file).report.findings, ElementsAre(HasSubstr("dialog a\\x00b\\xff is damaged"))
    );
}

/// The files of a process that was killed, with eight AORs in the log and nowhere else.
class CutLog : public RecordFileDamageTest {
protected:
    void SetUp() override {
        RecordFile file({.path = path});
        load(file);
        for (int i = 0; i < 8; ++i) {
            write(file, {put(Bucket::aor, std::to_string(i), std::string(500, 'v'))});
        }
        copy_state(path, killed);
        copy_state(path, copy);
    }

    LoadReport report() {
        RecordFile file({.path = copy});
        return load(file).report;
    }

    std::string log() const { return copy + "-wal"; }

    std::string killed = directory.file("killed.db");
};

TEST_F(CutLog, AWholeOneIsTakenForWhole) {
    EXPECT_EQ(report().aors, 8U);
    EXPECT_TRUE(report().is_whole());
}

TEST_F(CutLog, ALogThatEndsEarlyIsReportedWithTheNumberOfMissingChanges) {
    for (const int cut : {1, 4}) {
        SCOPED_TRACE(cut);
        copy_state(killed, copy);
        std::string bytes = bytes_of(log());
        const std::size_t end = bytes.find_last_not_of('\0');
        // Somewhere in the frames of the last changes; each change is two frames at least.
        bytes.resize(end - static_cast<std::size_t>(cut - 1) * 2 * 4120 - 2000);
        replace(log(), bytes);

        const LoadReport found = report();
        EXPECT_GE(found.missing + 1, static_cast<std::uint64_t>(cut));
        EXPECT_GT(found.missing, 0U);
        EXPECT_EQ(found.aors + found.missing, 8U);
    }
}

TEST_F(CutLog, ALogWithAWrongByteIsReportedToo) {
    std::string bytes = bytes_of(log());
    bytes[bytes.find_last_not_of('\0') - 6000] ^= 0x20;
    replace(log(), bytes);

    const LoadReport found = report();
    EXPECT_GT(found.missing, 0U);
    EXPECT_EQ(found.aors + found.missing, 8U);
}

TEST_F(CutLog, AMissingLogIsReportedToo) {
    std::filesystem::remove(log());

    EXPECT_GT(report().missing, 0U);
}

TEST_F(CutLog, ItIsReportedUntilTheNextChange) {
    std::filesystem::remove(log());
    EXPECT_GT(report().missing, 0U);
    {
        RecordFile file({.path = copy});
        EXPECT_GT(load(file).report.missing, 0U);
        write(file, {put(Bucket::aor, "new", "1")});
    }
    EXPECT_TRUE(report().is_whole());
}

TEST_F(CutLog, AMarkThatIsDamagedOrOfAnotherFileIsIgnored) {
    std::filesystem::remove(log());
    std::string mark = bytes_of(copy + ".mark");
    mark[20] ^= 1;
    replace(copy + ".mark", mark);
    EXPECT_EQ(report().missing, 0U);

    std::filesystem::remove(copy);
    std::filesystem::copy_file(
        path + ".mark", copy + ".mark", std::filesystem::copy_options::overwrite_existing
    );
    EXPECT_EQ(report().missing, 0U) << "a file that was made anew beside an old mark";
}

TEST_F(RecordFileDamageTest, WhatIsCleanedAwayIsNotMissed) {
    {
        RecordFile file({.path = path, .sync = StorageSync::off, .transaction_memory = 0s});
        load(file);
        for (int i = 0; i < 300; ++i) {
            write(
                file,
                {put(Bucket::aor, "a", std::string(60'000, 'v')),
                 put(Bucket::transaction, std::to_string(i), "200")}
            );
        }
        write(file, {drop(Bucket::aor, "a")});
        while (file.tidy()) continue;
    }
    RecordFile file({.path = path});

    EXPECT_TRUE(load(file).report.is_whole());
}

/// Written by reginfod 0.1.0 when it knew schema 3: two AORs, each published and watched.
class SchemaThree : public RecordFileDamageTest {
protected:
    void SetUp() override {
        std::filesystem::copy(
            std::string(REGINFO_SOURCE_DIR) + "/tests/data/state/schema-3.db", path
        );
    }
};

TEST_F(SchemaThree, IsReadWithoutChecksumsAndGetsThemAsItIsWritten) {
    Records records;
    {
        RecordFile file({.path = path});
        records = load(file).records;
        std::erase_if(records, [](const auto& record) {
            return record.first.first == Bucket::transaction ||
                   record.first.first == Bucket::unsettled;
        });
        EXPECT_EQ(records.size(), 4U);
        for (const auto& [key, value] : records) write(file, {put(key.first, key.second, value)});
    }
    const std::string value = records.begin()->second;
    damage(value.substr(0, value.size() / 2));

    RecordFile file({.path = path});
    const Loaded loaded = load(file);
    EXPECT_EQ(loaded.records.size(), 4U) << "three, and the entry for all the unsettled";
    EXPECT_EQ(loaded.report.damaged, 1U);
}

TEST_F(SchemaThree, ItsRecordsAreTheRecordsOfToday) {
    RecordFile file({.path = path});
    const RecordTime time{TimePoint{1h}, 0s};
    for (const auto& [key, value] : load(file).records) {
        if (key.first == Bucket::aor) {
            EXPECT_TRUE(decode_aor(key.second, value, time));
        } else if (key.first == Bucket::dialog) {
            EXPECT_TRUE(decode_dialog(value, time));
        }
    }
}

}  // namespace
}  // namespace reginfo::test
