/// @file
/// The records in the file of a server that is stopped.
#pragma once

#include "app/record_place.hpp"
#include "core/storage/record_file.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace reginfo {

class FileRecords final : public RecordPlace {
public:
    /// @throw StoreError  it cannot be opened
    explicit FileRecords(const RecordFileOptions& options) : file_(options) {}

    const std::string& name() const override { return file_.path(); }
    std::uint64_t hash_seed() const override { return file_.hash_seed(); }
    LoadReport load(const Visit& visit) override { return file_.load(visit); }
    bool holds_records() override;
    std::string where_else() const override {
        return "load into another directory, or move it away";
    }
    void fill(std::uint64_t hash_seed, const Source& next) override { file_.fill(hash_seed, next); }
    void write(const std::vector<Write>& writes) override;
    std::vector<std::string> check() override { return file_.check(); }

private:
    RecordFile file_;
};

}  // namespace reginfo
