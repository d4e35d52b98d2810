/// @file
/// "reginfod state" on a cluster in a real Redis: migration there and back, and what is refused.

#include "app/redis_records.hpp"

#include "core/base/hex.hpp"
#include "tests/app/redis_records_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <sstream>
#include <string>
#include <vector>

namespace reginfo::test {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

TEST_F(RedisRecordsTest, AStateGoesFromAFileToAClusterAndBack) {
    std::vector<Write> writes;
    for (int i = 0; i < 300; ++i) {
        const std::string aor = "sip:" + std::to_string(i) + "@b.example";
        writes.push_back(aor_write(aor));
        writes.push_back(dialog_write(aor, HexText(std::uint64_t(i) << 55U).text()));
        writes.push_back(transaction_write(std::uint64_t(i), false));
    }
    const std::string text = dump_of_file(writes);
    ASSERT_EQ(load(text), "900 records loaded\n");

    const std::string there = dump();

    EXPECT_EQ(lines_of(there), lines_of(text));
    EXPECT_EQ(lines_of(dump_after_load_into_file(there)), lines_of(text));
    EXPECT_EQ(check(), "300 AORs, 300 dialogs, 300 transactions, 0 unreadable, 0 damaged\n");
}

TEST_F(RedisRecordsTest, TheClusterHasTheSeedOfTheDumpAndRecordsAreInTheShardsOfThatSeed) {
    const Write dialog = dialog_write(kAor, "0000000000000000");
    ASSERT_THAT(load(dump_of_file({aor_write(kAor), dialog})), StartsWith("2 records"));

    EXPECT_EQ(client->call({"HGET", "rg:meta", "hash_seed"}).text, HexText(seed).text());
    EXPECT_EQ(client->call({"HEXISTS", key_of("a", kAor), kAor}).number, 1);
    EXPECT_EQ(client->call({"HEXISTS", "rg:d:0", dialog.key}).number, 1) << "as its tag says";
}

TEST_F(RedisRecordsTest, WhoMayNotHaveBeenToldStaysSo) {
    dump_of_file({});
    const Write entry = unsettled_write(seed, aor_write(kAor));
    const std::string head =
        R"({"hash_seed":")" + std::to_string(seed) + R"(","reginfod_state":3})" + "\n";
    std::string text = dump_of_file({aor_write(kAor), entry});
    text.replace(0, text.find('\n') + 1, head);
    ASSERT_THAT(load(text), StartsWith("2 records"));

    EXPECT_EQ(lines_of(dump()), lines_of(text));
}

TEST_F(RedisRecordsTest, ARecordIsAsOldAsItWas) {
    const std::string text = dump_of_file({aor_write(kAor)}, 600s);
    load(text);
    RedisRecords place(options, link);
    Duration age{};
    place.load([&](const StoredRecord& record) {
        age = record.age;
        return true;
    });
    EXPECT_GE(age, 600s);
    EXPECT_LT(age, 630s);
}

TEST_F(RedisRecordsTest, ADumpThatIsCutOrWrongLeavesNothing) {
    const std::string text = dump_of_file({aor_write(kAor), aor_write("sip:c@b.example")});
    for (const std::string& wrong :
         {std::string(),
          text.substr(0, text.rfind("{\"records\"")),
          text.substr(0, text.size() / 2),
          "x" + text}) {
        EXPECT_THAT(load(wrong), HasSubstr("nothing was loaded"));
        EXPECT_THAT(keys(), IsEmpty());
    }
    EXPECT_THAT(load(text), StartsWith("2 records"));
}

TEST_F(RedisRecordsTest, AClusterWithRecordsIsNotLoadedInto) {
    const std::string text = dump_of_file({aor_write(kAor)});
    load(text);

    EXPECT_THAT(
        load(text),
        AllOf(
            HasSubstr("the cluster rg in Redis at unix:"),
            HasSubstr("holds records already; load into another cluster")
        )
    );
}

TEST_F(RedisRecordsTest, AClusterThatHoldsNothingGetsTheSeedOfTheDump) {
    join("node-a");
    call("leave", {"cluster-of-a-node-0", "node-a", "00000000000000aa"});

    ASSERT_THAT(load(dump_of_file({aor_write(kAor)})), StartsWith("1 record"));

    EXPECT_EQ(client->call({"HGET", "rg:meta", "hash_seed"}).text, HexText(seed).text());
    EXPECT_THAT(check(), StartsWith("1 AOR,"));
}

TEST_F(RedisRecordsTest, WhileANodeLivesNothingIsReadOrWritten) {
    const std::string text = dump_of_file({aor_write(kAor)});
    join("node-a");
    for (const std::string& what : {load(text), dump(), check()}) {
        EXPECT_THAT(
            what,
            AllOf(
                HasSubstr("is in use by node-a; stop all its nodes first"), HasSubstr("3 seconds")
            )
        );
    }
}

TEST_F(RedisRecordsTest, WhatIsWrittenWhileADumpIsMadeSpoilsIt) {
    load(dump_of_file({aor_write(kAor)}));
    RedisRecords place(options, link);
    const auto write = [&](const StoredRecord&) {
        client->call({"HSET", "rg:clock", "stamp", "1"});
        return true;
    };
    EXPECT_THAT(said([&](std::ostream&) { place.load(write); }), HasSubstr("was written to"));
}

TEST_F(RedisRecordsTest, ALoadThatWasCutShortIsRefusedUntilItIsDoneAgain) {
    const std::string text = dump_of_file({aor_write(kAor)});
    client->call({"FUNCTION", "LOAD", std::string(redis_library_code())});
    call("begin_load", {"cluster-of-a-load-0", "00000000000000ff", "1-3"});
    call("load", {"cluster-of-a-load-0", "0", "0", "1", "+a", "sip:half@b.example", "1"});

    EXPECT_THAT(dump(), HasSubstr("has not come to its end"));
    EXPECT_THAT(check(), HasSubstr("has not come to its end"));
    EXPECT_THAT(load(text), StartsWith("1 record"));
    EXPECT_THAT(lines_of(dump()), lines_of(text));
}

TEST_F(RedisRecordsTest, WhereMemoryEndsNothingIsLoaded) {
    std::vector<Write> writes;
    for (int i = 0; i < 200; ++i) {
        writes.push_back({Bucket::aor, "sip:" + std::to_string(i) + "@b", std::string(50'000, 'x')}
        );
    }
    const std::string text = dump_of_file(writes);
    client->call({"FUNCTION", "LOAD", std::string(redis_library_code())});
    const std::string memory = client->call({"INFO", "memory"}).text;
    const auto used = std::stoull(memory.substr(memory.find("used_memory:") + 12));
    client->call({"CONFIG", "SET", "maxmemory", std::to_string(used + 4'000'000)});

    EXPECT_THAT(load(text), AllOf(HasSubstr("OOM"), EndsWith("; nothing was loaded")));

    EXPECT_THAT(client->call({"KEYS", "rg:a:*"}).items, IsEmpty());
    client->call({"CONFIG", "SET", "maxmemory", "0"});
    EXPECT_EQ(load(text), "200 records loaded\n");
}

TEST_F(RedisRecordsTest, TheCheckSaysWhatIsWrong) {
    const Write dialog = dialog_write(kAor, "0000000000000000");
    load(dump_of_file({aor_write(kAor), dialog, {Bucket::aor, "sip:odd@b", "odd"}}));
    const std::string stamp(8, '\0');
    const std::string far = "rg:a:" + std::to_string(StoreShards(seed).of_aor(kAor) ^ 1);
    client->call({"HSET", far, kAor, stamp + *aor_write(kAor).value});
    client->call({"HSET", far, "sip:bare@b", "short"});

    EXPECT_THAT(
        check(),
        AllOf(
            HasSubstr("AOR sip:a@b.example is in shard"),
            HasSubstr("AOR sip:odd@b cannot be decoded"),
            HasSubstr("AOR sip:bare@b has no stamp"),
            EndsWith("1 unreadable, 1 damaged\ndamaged")
        )
    );
}

TEST_F(RedisRecordsTest, ADamagedClusterIsDumpedAsFarAsItCanBeRead) {
    load(dump_of_file({aor_write(kAor)}));
    client->call({"HSET", "rg:a:0", "sip:bare@b", "short"});

    EXPECT_THAT(
        dump(),
        AllOf(
            HasSubstr("the cluster rg in Redis at"),
            HasSubstr("has 1 damaged record, the first: AOR sip:bare@b has no stamp"),
            HasSubstr("1 record, is in the dump, which can be loaded")
        )
    );
}

TEST_F(RedisRecordsTest, WhatIsImportedIsToldByTheClusterAndAnImportTakesThePlaceOfTheOneBefore) {
    const auto import = [&](const std::string& contact) {
        std::istringstream in(
            R"({"result":{"Domains":[{"Domain":{"AoRs":[{"Info":{"AoR":"a@b.example","Contacts":[)"
            R"({"Contact":{"Address":")" +
            contact + R"(","Expires":300,"Call-ID":"c","CSeq":1}}]}}]}}]}})"
        );
        return said([&](std::ostream& out) { import_state(opener(), in, "", out); });
    };
    EXPECT_THAT(import("sip:1@192.0.2.1"), HasSubstr("1 AOR with 1 contact imported"));
    const std::string first = dump();
    EXPECT_THAT(import("sip:2@192.0.2.1"), HasSubstr("1 AOR with 1 contact imported"));

    const std::string second = dump();
    EXPECT_THAT(check(), StartsWith("1 AOR,"));
    EXPECT_EQ(lines_of(first).size(), 4U) << "head, AOR, its entry of the unsettled, tail";
    EXPECT_EQ(lines_of(second).size(), 4U);
    EXPECT_NE(lines_of(first), lines_of(second));
}

TEST_F(RedisRecordsTest, ARedisThatCannotBeUsedIsNamedWithTheReason) {
    EXPECT_THAT(
        dump(),
        AllOf(
            StartsWith("Redis at unix:"),
            HasSubstr("has no cluster rg"),
            EndsWith("set cluster.name")
        )
    );
    client->call({"CONFIG", "SET", "requirepass", "secret"});
    EXPECT_THAT(dump(), HasSubstr("NOAUTH"));
    options.password = "wrong";
    EXPECT_THAT(
        dump(), AllOf(HasSubstr("it does not let us in: WRONGPASS"), Not(HasSubstr("wrong;")))
    );
    options.password = "secret";
    EXPECT_THAT(dump(), HasSubstr("has no cluster rg"));
    server->kill();
    EXPECT_THAT(dump(), AllOf(StartsWith("Redis at unix:"), HasSubstr("Connection refused")));
    link.servers = {"127.0.0.1:1", "127.0.0.1:2"};
    EXPECT_THAT(
        dump(),
        AllOf(
            HasSubstr("127.0.0.1:1: Connection refused"),
            HasSubstr("127.0.0.1:2: Connection refused")
        )
    );
    link.sentinels = {"127.0.0.1:1"};
    EXPECT_THAT(dump(), HasSubstr("Sentinel"));
}

}  // namespace
}  // namespace reginfo::test
