/// @file
/// "reginfod state" on a cluster in a real Redis.
#pragma once

#include "app/file_records.hpp"
#include "app/redis_records.hpp"
#include "app/state_tool.hpp"
#include "app/store_shards.hpp"
#include "core/storage/redis/redis_library.hpp"
#include "core/storage/store_error.hpp"
#include "tests/app/state_records.hpp"
#include "tests/storage/redis/redis_client.hpp"
#include "tests/storage/redis/redis_server.hpp"
#include "tests/storage/temporary_directory.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

namespace reginfo::test {

inline const std::string kAor = "sip:a@b.example";

class RedisRecordsTest : public ::testing::Test {
protected:
    void SetUp() override {
        server = RedisServer::start();
        if (!server) GTEST_SKIP() << "redis-server is not installed";
        client = std::make_unique<RedisClient>(server->socket());
        link.servers = {"unix:" + server->socket()};
        options.where = "Redis at " + link.servers.front();
        options.new_cluster_id = "cluster-0123456789";
        options.new_hash_seed = 0xabcdef;
        options.record_layout_max = 3;
    }

    OpenPlace opener() {
        return [this] { return std::make_unique<RedisRecords>(options, link); };
    }

    std::unique_ptr<RedisRecords> reader() {
        auto place = std::make_unique<RedisRecords>(options, link);
        place->require_cluster();
        return place;
    }

    /// The output of something, or its error.
    template <class Work>
    static std::string said(const Work& work) {
        std::ostringstream out;
        try {
            work(out);
        } catch (const StoreError& error) {
            return error.what();
        }
        return out.str();
    }

    std::string load(const std::string& dump) {
        std::istringstream in(dump);
        return said([&](std::ostream& out) { load_state(opener(), in, out); });
    }
    std::string dump() {
        return said([&](std::ostream& out) { dump_state(*reader(), out); });
    }
    std::string check() {
        return said([&](std::ostream& out) {
            if (!check_state(*reader(), out)) out << "damaged";
        });
    }

    /// A dump as a server on SQLite has it.
    std::string dump_of_file(const std::vector<Write>& writes, Duration age = {}) {
        const RecordFileOptions file{
            .path = directory.file(std::to_string(++files_) + "/state.db"), .sync = StorageSync::off
        };
        {
            RecordFile records(file);
            records.load([](const StoredRecord&) { return true; });
            seed = records.hash_seed();
            auto at = writes.begin();
            const Stamp written =
                Clocks::now().wall - std::chrono::floor<std::chrono::milliseconds>(age).count();
            records.fill(seed, [&]() -> std::optional<RecordFile::Stamped> {
                if (at == writes.end()) return {};
                return RecordFile::Stamped{*at++, written};
            });
        }
        return said([&](std::ostream& out) {
            FileRecords place(file);
            dump_state(place, out);
        });
    }

    std::string dump_after_load_into_file(const std::string& text) {
        const RecordFileOptions file{
            .path = directory.file(std::to_string(++files_) + "/state.db"), .sync = StorageSync::off
        };
        const auto open = [&] { return std::make_unique<FileRecords>(file); };
        std::istringstream in(text);
        said([&](std::ostream& out) { load_state(open, in, out); });
        return said([&](std::ostream& out) { dump_state(*open(), out); });
    }

    /// The lines of a dump, in the order of the alphabet, without their times.
    static std::vector<std::string> lines_of(const std::string& text) {
        std::vector<std::string> lines;
        std::istringstream in(text);
        for (std::string line; std::getline(in, line);) {
            lines.push_back(line.substr(0, line.find(",\"written_ms\"")));
        }
        std::ranges::sort(lines);
        return lines;
    }

    RedisReply call(const std::string& function, std::vector<std::string> arguments) {
        std::vector<std::string> words{"FCALL", "reginfod1_" + function, "0", "rg"};
        words.insert(words.end(), arguments.begin(), arguments.end());
        return client->call(words);
    }

    /// A node begins to live in the cluster.
    void join(const std::string& node) {
        client->call({"FUNCTION", "LOAD", "REPLACE", std::string(redis_library_code())});
        const RedisReply reply = call(
            "join",
            {"",
             "cluster-of-a-node-0",
             "00000000000000ff",
             "1-3",
             node,
             "00000000000000aa",
             "60000",
             "active",
             "1",
             "",
             "via",
             "1.0",
             "1-1"}
        );
        ASSERT_EQ(reply.kind, RedisReply::Kind::list) << reply.text;
    }

    std::vector<RedisReply> keys() { return client->call({"KEYS", "*"}).items; }
    std::string key_of(const std::string& letter, const std::string& aor) const {
        return "rg:" + letter + ":" + std::to_string(StoreShards(seed).of_aor(aor));
    }

    TemporaryDirectory directory;
    std::unique_ptr<RedisServer> server;
    std::unique_ptr<RedisClient> client;
    RedisOptions options;
    RedisLinkOptions link;
    std::uint64_t seed = 0;  ///< of the last dump_of_file()

private:
    int files_ = 0;
};

}  // namespace reginfo::test
