/// @file
/// A file of records in a directory of its own, and its content.
#pragma once

#include "core/storage/record_file.hpp"
#include "tests/storage/temporary_directory.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace reginfo::test {

using Records = std::map<std::pair<Bucket, std::string>, std::string>;

inline Write put(Bucket bucket, std::string key, std::string value) {
    return {bucket, std::move(key), std::move(value)};
}
inline Write drop(Bucket bucket, std::string key) { return {bucket, std::move(key), std::nullopt}; }

inline void write(RecordFile& file, const std::vector<Write>& writes) {
    const RecordFile::Batch batch{writes, file.clock().read()};
    file.write({&batch, 1});
}

struct Loaded {
    Records records;
    LoadReport report;
};

inline Loaded load(RecordFile& file) {
    Loaded loaded;
    loaded.report = file.load([&](const StoredRecord& record) {
        const auto key = std::pair(record.bucket, std::string(record.key));
        EXPECT_TRUE(loaded.records.emplace(key, record.value).second) << "twice: " << record.key;
        EXPECT_GE(record.age, Duration::zero());
        return true;
    });
    return loaded;
}

/// As kill -9 leaves the files of a RecordFile that is in use.
inline void copy_state(const std::string& from, const std::string& to) {
    for (const char* suffix : {"", "-wal", ".mark"}) {
        if (!std::filesystem::exists(from + suffix)) continue;
        std::filesystem::copy_file(
            from + suffix, to + suffix, std::filesystem::copy_options::overwrite_existing
        );
    }
}

}  // namespace reginfo::test
