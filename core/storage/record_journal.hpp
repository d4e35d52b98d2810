/// @file
/// One table of the file. The last row of a key is its record.
#pragma once

#include "core/base/hash.hpp"
#include "core/outbox.hpp"
#include "core/storage/sqlite_connection.hpp"
#include "core/storage/sqlite_statement.hpp"
#include "core/storage/stamp_clock.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace reginfo {

/// A change appends a row. A row without a value removes its key. Outdated rows at the head are
/// deleted, and valid rows there are appended again, so every page is written in order. (An upsert
/// by key costs five times the CPU: it copies a page for each record.) An outdated large row is
/// deleted at once, at its place: it has pages of its own.
///
/// Outdated rows are counted in bytes: rows are as large as what peers publish.
///
/// All changes belong to a transaction of the owner: start_transaction(), then changes, then
/// roll_back() if they failed.
class RecordJournal {
public:
    using Seq = std::int64_t;

    struct Options {
        std::uint64_t hash_seed = 0;
        bool has_unsummed = false;  ///< rows of an earlier schema, without a checksum
    };
    RecordJournal(const SqliteConnection& connection, Bucket bucket, const Options& options);

    static const char* name_of(Bucket bucket);

    struct Row {
        Stamp written = 0;
        std::string_view key;
        std::string_view value;
        bool is_sound = true;  ///< false if its checksum is wrong
    };
    using Visit = std::function<void(const Row&)>;

    /// Visits the record of each key. Must be called once, before the first change.
    void load(const Visit& visit);

    void start_transaction();
    void roll_back();

    void append(const Write& write, Stamp stamp);

    /// Deletes rows at the head if much is outdated. Examines at most so many bytes, and one row.
    void clean(std::size_t bytes_max);
    bool wants_cleaning() const { return total_ > live_ + live_ / 4 * 3 + kSlack; }

    /// Deletes outdated rows at their place, from the head on. Needs no space in the file.
    /// @param after    0, then Erased::last of the call before, with no append() in between
    /// @param rows_max to examine
    struct Erased {
        Seq last = 0;  ///< the last row examined; 0 at the end
        std::size_t bytes = 0;
    };
    Erased erase_outdated(Seq after, std::int64_t rows_max);

    /// The number of the next row. The last row is never deleted, so this only grows, also in the
    /// file.
    Seq next() const { return next_; }

    std::size_t live_bytes() const { return live_; }

private:
    /// Allowed outdated bytes, besides three quarters of the live bytes.
    static constexpr std::size_t kSlack = std::size_t{8} << 20U;
    /// Rows from this size on are deleted one by one.
    static constexpr std::size_t kLarge = 8192;

    struct Place {
        Seq seq = 0;
        std::uint32_t bytes = 0;
    };
    struct Undo {
        Hash128 key;
        std::optional<Place> before;
    };
    struct Content {
        std::string_view key;
        std::optional<std::string_view> value;
        Stamp written = 0;
        bool is_sound = true;
    };

    Hash128 hash_of(std::string_view key) const;
    std::int64_t sum_of(Seq seq, const Content& content) const;
    Content content_of(const SqliteStatement& row) const;
    void put(const Content& content, bool replaces_row);
    void erase(Seq seq);

    Bucket bucket_;
    Options options_;
    SqliteStatement append_, load_, head_, scan_, cut_, erase_;
    boost::unordered_flat_map<Hash128, Place> places_;  ///< of every record
    Seq next_ = 1;
    std::size_t total_ = 0;  ///< bytes of all rows
    std::size_t live_ = 0;   ///< of those, bytes of records

    std::vector<Undo> undo_;
    Seq next_before_ = 1;
    std::size_t total_before_ = 0;
    std::size_t live_before_ = 0;
};

}  // namespace reginfo
