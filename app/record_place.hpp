/// @file
/// A place that holds records, for "reginfod state": the file of a server that is stopped, or a
/// cluster of which no node lives.
#pragma once

#include "core/outbox.hpp"
#include "core/storage/load_report.hpp"
#include "core/storage/record_file.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace reginfo {

/// Functions throw StoreError unless their comment has another error. Reading comes before writing.
class RecordPlace {
public:
    using Visit = RecordFile::Visit;
    using Source = RecordFile::Source;

    virtual ~RecordPlace() = default;

    /// For people.
    virtual const std::string& name() const = 0;
    /// The key of the hashes in records.
    virtual std::uint64_t hash_seed() const = 0;

    /// As RecordFile::load. Called at most once.
    virtual LoadReport load(const Visit& visit) = 0;
    /// Whether it holds AORs or dialogs. Called instead of load().
    virtual bool holds_records() = 0;
    /// What to do if it does, for people.
    virtual std::string where_else() const = 0;

    /// As RecordFile::fill. @pre it holds no records
    virtual void fill(std::uint64_t hash_seed, const Source& next) = 0;
    /// Adds records that are written now.
    virtual void write(const std::vector<Write>& writes) = 0;

    /// Looks at what load() does not. Returns what is wrong, for people.
    virtual std::vector<std::string> check() = 0;
};

using OpenPlace = std::function<std::unique_ptr<RecordPlace>()>;

}  // namespace reginfo
