/// @file
/// "reginfod state": a dump is loaded whole or not at all, and no contact of an import is lost.

#include "app/state_tool.hpp"

#include "app/file_records.hpp"
#include "app/location_dump.hpp"
#include "core/event/persistence/aor_record.hpp"
#include "core/event/persistence/unsettled_key.hpp"
#include "core/storage/store_error.hpp"
#include "tests/storage/temporary_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace reginfo {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

/// As Kamailio's ul.dump has one AOR with these contacts.
std::string info(const std::string& aor, const std::vector<std::string>& contacts) {
    std::string text;
    for (const std::string& contact : contacts) {
        text += std::string(text.empty() ? "" : ",") + R"({"Contact":{"Address":")" + contact +
                R"(","Expires":300,"Call-ID":"c","CSeq":1}})";
    }
    return R"({"Info":{"AoR":")" + aor + R"(","Contacts":[)" + text + "]}}";
}

std::string table(const std::vector<std::string>& infos) {
    std::string text;
    for (const std::string& one : infos) text += (text.empty() ? "" : ",") + one;
    return R"({"Domain":{"AoRs":[)" + text + "]}}";
}

class StateTool : public ::testing::Test {
protected:
    void put(const std::vector<std::pair<std::string, std::string>>& aors) {
        RecordFile file(here);
        file.load([](const StoredRecord&) { return true; });
        std::vector<Write> writes;
        for (const auto& [key, value] : aors) writes.push_back({Bucket::aor, key, value});
        const RecordFile::Batch batch{writes, file.clock().read()};
        file.write({&batch, 1});
    }

    std::string dump(const RecordFileOptions& options) {
        std::ostringstream out;
        FileRecords place(options);
        dump_state(place, out);
        return out.str();
    }

    static OpenPlace opener(const RecordFileOptions& options) {
        return [options] { return std::make_unique<FileRecords>(options); };
    }

    /// The output, or the error.
    std::string load(const std::string& text) {
        std::istringstream in(text);
        std::ostringstream out;
        try {
            load_state(opener(there), in, out);
        } catch (const StoreError& error) {
            return error.what();
        }
        return out.str();
    }

    std::string import(const std::vector<std::string>& tables, const std::string& domain = "") {
        std::string text;
        for (const std::string& one : tables) text += (text.empty() ? "" : ",") + one;
        std::istringstream in(R"({"result":{"Domains":[)" + text + "]}}");
        std::ostringstream out;
        import_state(opener(here), in, domain, out);
        return out.str();
    }

    /// The active contacts of each AOR.
    std::map<std::string, std::set<std::string>> contacts() {
        std::map<std::string, std::set<std::string>> found;
        RecordFile file(here);
        file.load([&](const StoredRecord& record) {
            if (record.bucket != Bucket::aor) return true;
            const auto state = decode_aor(record.key, record.value, {TimePoint{}, record.age});
            for (const ContactState& contact : state.value().contacts) {
                if (!contact.active) continue;
                found[std::string(record.key)].emplace(contact.details->uri_xml());
            }
            return true;
        });
        return found;
    }

    static std::set<std::string> unsettled(const RecordFileOptions& options) {
        std::set<std::string> keys;
        RecordFile(options).load([&](const StoredRecord& record) {
            if (record.bucket == Bucket::unsettled) keys.emplace(record.key);
            return true;
        });
        return keys;
    }

    test::TemporaryDirectory directory;
    RecordFileOptions here{.path = directory.file("here/state.db"), .sync = StorageSync::off};
    RecordFileOptions there{.path = directory.file("there/state.db"), .sync = StorageSync::off};
};

TEST_F(StateTool, WhatIsDumpedIsLoaded) {
    put({{"sip:a@b", "one"}, {"sip:b@b", "two"}});
    const std::string text = dump(here);

    EXPECT_EQ(load(text), "2 records loaded\n");

    EXPECT_THAT(text, EndsWith("{\"records\":2}\n"));
    EXPECT_EQ(dump(there).substr(0, 60), text.substr(0, 60)) << "with the seed of its hashes";
}

TEST_F(StateTool, ADumpThatWasCutOffIsRefusedWhereverThatIs) {
    put({{"sip:a@b", "one"}, {"sip:b@b", "two"}});
    const std::string text = dump(here);
    for (std::size_t size = 0; size < text.size() - 1; ++size) {
        const std::string said = load(text.substr(0, size));
        ASSERT_THAT(said, HasSubstr("nothing was loaded")) << size;
    }

    EXPECT_EQ(load(text), "2 records loaded\n") << "none of them has left anything";
}

TEST_F(StateTool, ALineThatIsWrongIsNamedAndNothingIsLoaded) {
    put({{"sip:a@b", "one"}, {"sip:b@b", "two"}});
    const std::string text = dump(here);
    std::string wrong = text;
    wrong.replace(wrong.find("\"value\"", wrong.find("sip:a@b")), 7, "\"valve\"");

    EXPECT_THAT(load(wrong), HasSubstr("line 3 of the dump has no \"value\"; nothing was loaded"));

    EXPECT_EQ(load(text), "2 records loaded\n");
}

TEST_F(StateTool, AFileThatIsNoDumpIsReported) {
    EXPECT_THAT(load(""), HasSubstr("the dump is empty"));
    EXPECT_THAT(load("x"), HasSubstr("line 1 of the dump is not JSON, from byte 1 on"));
    EXPECT_THAT(
        load("{\"a\":1e9999}"), HasSubstr("line 1 of the dump has a number that is too large")
    );
    EXPECT_THAT(load("{}"), HasSubstr("line 1 of the dump has no \"reginfod_state\""));
    EXPECT_THAT(load("[1]"), HasSubstr("line 1 of the dump is no JSON object"));
    EXPECT_THAT(load(R"({"reginfod_state":9})"), HasSubstr("says format 9"));
    EXPECT_THAT(load(R"({"reginfod_state":2,"hash_seed":7})"), HasSubstr("\"hash_seed\""));
    const std::string head = R"({"reginfod_state":2,"hash_seed":"7"})"
                             "\n";
    EXPECT_THAT(
        load(head + R"({"records":1})"), HasSubstr("has 0 records, and its last line says 1")
    );
    EXPECT_THAT(load(head + "{\"records\":0}\n{\"records\":0}"), HasSubstr("goes on in line 3"));
}

TEST_F(StateTool, ADumpOfAnEarlierVersionHasNoLastLine) {
    put({{"sip:a@b", "one"}});
    std::string text = dump(here);
    text.replace(text.find("\"reginfod_state\":3"), 18, "\"reginfod_state\":1");
    text.resize(text.rfind("{\"records\""));

    EXPECT_THAT(load(text), AllOf(HasSubstr("1 record loaded"), HasSubstr("earlier version")));
}

/// It does not know who was told, so all may not have been.
TEST_F(StateTool, ADumpOfAnEarlierVersionLeavesAllUnsettled) {
    put({{"sip:a@b", "one"}});
    std::string text = dump(here);
    load(text);
    EXPECT_EQ(unsettled(there), std::set<std::string>{});
    text.replace(text.find("\"reginfod_state\":3"), 18, "\"reginfod_state\":2");
    std::filesystem::remove(there.path);

    EXPECT_EQ(load(text), "1 record loaded\n");

    EXPECT_EQ(unsettled(there), std::set<std::string>{std::string(kAllUnsettled)});
}

TEST_F(StateTool, AStateWithRecordsIsNotLoadedInto) {
    put({{"sip:a@b", "one"}});
    const std::string text = dump(here);
    load(text);

    EXPECT_THAT(load(text), HasSubstr("holds records already"));
}

TEST_F(StateTool, ADamagedFileIsDumpedAsFarAsItCanBeRead) {
    const std::string large(3000, 'x');
    std::vector<std::pair<std::string, std::string>> aors;
    for (int i = 0; i < 100; ++i) aors.emplace_back("sip:" + std::to_string(i) + "@b", large);
    put(aors);
    {
        std::fstream file(here.path, std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(20 * 4096);  // the pages of the first rows, which are read last
        file << std::string(20 * 4096, '\x55');
    }
    std::ostringstream out;
    try {
        FileRecords place(here);
        dump_state(place, out);
        ADD_FAILURE() << "no error";
    } catch (const StoreError& error) {
        EXPECT_THAT(error.what(), AllOf(HasSubstr("is damaged"), HasSubstr("can be loaded")));
        EXPECT_THAT(error.what(), Not(HasSubstr("state dump")));
    }

    EXPECT_THAT(load(out.str()), EndsWith(" records loaded\n"));
    std::ostringstream said;
    FileRecords place(here);
    EXPECT_FALSE(check_state(place, said));
    EXPECT_THAT(said.str(), Not(HasSubstr("state check"))) << "it is what was asked for";
}

TEST_F(StateTool, AnImportKeepsTheContactsOfAllTablesAndSpellings) {
    const std::string said = import(
        {table({info("a@b.example", {"sip:1@192.0.2.1"}), info("a@B.example", {"sip:2@192.0.2.1"})}
         ),
         table({info("a@b.example", {"sip:3@192.0.2.1"}), info("c@b.example", {"sip:4@192.0.2.1"})})
        }
    );

    EXPECT_THAT(said, HasSubstr("2 AORs with 4 contacts imported"));
    const auto found = contacts();
    EXPECT_THAT(
        found.at("sip:a@b.example"),
        ElementsAre("sip:1@192.0.2.1", "sip:2@192.0.2.1", "sip:3@192.0.2.1")
    );
    EXPECT_THAT(found.at("sip:c@b.example"), ElementsAre("sip:4@192.0.2.1"));
}

TEST_F(StateTool, AContactThatIsTwiceInADumpIsCountedOnce) {
    const std::string one = table({info("a@b.example", {"sip:1@192.0.2.1"})});

    EXPECT_THAT(import({one, one}), HasSubstr("1 AOR with 1 contact imported, 0 contacts had"));
}

TEST_F(StateTool, WatchersOfWhatWasImportedAreTold) {
    import({table({info("a@b.example", {"sip:1@192.0.2.1"})})});
    EXPECT_EQ(unsettled(here).size(), 1U);
}

TEST_F(StateTool, AnImportTakesThePlaceOfTheOneBefore) {
    import({table({info("a@b.example", {"sip:1@192.0.2.1", "sip:2@192.0.2.1"})})});

    import({table({info("a@b.example", {"sip:2@192.0.2.1", "sip:3@192.0.2.1"})})});

    EXPECT_THAT(
        contacts().at("sip:a@b.example"), ElementsAre("sip:2@192.0.2.1", "sip:3@192.0.2.1")
    );
}

TEST_F(StateTool, OnlyWhatIsImportedIsCounted) {
    const std::string said = import({table({info("no such aor", {"sip:1@192.0.2.1"})})}, "b c");

    EXPECT_THAT(said, HasSubstr("skipped sip:no such aor@b c: it is no address-of-record"));
    EXPECT_THAT(said, HasSubstr("0 AORs with 0 contacts imported"));
    EXPECT_THAT(contacts(), IsEmpty());
}

TEST_F(StateTool, AFileThatIsNoLocationTableIsReported) {
    const auto error_of = [](const std::string& json) -> std::string {
        try {
            read_location_dump(json, "");
        } catch (const DumpError& error) {
            return error.what();
        }
        return "";
    };
    EXPECT_THAT(error_of("{\n\tDomains: {"), HasSubstr("it is not JSON, from byte 4 on"));
    EXPECT_THAT(error_of("{\"Domains\":1e9999}"), HasSubstr("a number that is too large"));
    EXPECT_THAT(error_of("[]"), HasSubstr("there is no \"Domains\""));
    EXPECT_THAT(
        error_of(R"({"error":{"code":500}})"), HasSubstr("Kamailio answered with an error")
    );
    EXPECT_THAT(
        error_of(R"({"Domains":[{"Domain":{"AoRs":[{"Info":{"AoR":1}}]}}]})"), HasSubstr("no text")
    );
    EXPECT_THAT(
        error_of(R"({"Domains":[{"Domain":{"AoRs":[{"Info":{"AoR":"a","Contacts":[]}}]}}]})"),
        HasSubstr("--domain")
    );
}

}  // namespace
}  // namespace reginfo
