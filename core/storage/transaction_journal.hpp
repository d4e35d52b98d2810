/// @file
/// The table of answered transactions, which are needed for some seconds.
#pragma once

#include "core/outbox.hpp"
#include "core/storage/sqlite_connection.hpp"
#include "core/storage/sqlite_statement.hpp"
#include "core/storage/stamp_clock.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string_view>

namespace reginfo {

/// Rows in the order of their writing; the oldest are deleted. start_transaction() and roll_back()
/// as in RecordJournal.
class TransactionJournal {
public:
    using Seq = std::int64_t;

    struct Options {
        std::int64_t memory = 0;    ///< how long rows are needed, in milliseconds
        bool has_unsummed = false;  ///< see RecordJournal::Options
    };
    TransactionJournal(const SqliteConnection& connection, const Options& options);

    struct Row {
        Stamp written = 0;
        std::string_view key;
        std::string_view value;
        bool is_sound = true;
    };
    using Visit = std::function<void(const Row&)>;

    /// Visits the rows that are not outdated, in the order of their writing.
    void load(Stamp now, const Visit& visit);

    void start_transaction();
    void roll_back();

    void append(const Write& write, Stamp stamp);
    /// Deletes outdated rows, about `rows_max` at most: so many are deleted in one transaction.
    void prune(Stamp now, std::int64_t rows_max);

    Seq next() const { return next_; }
    /// The bytes of all rows.
    std::size_t bytes() const;
    bool wants_pruning(Stamp now) const;

private:
    /// Rows written within a second or so.
    struct Mark {
        Stamp stamp;
        Seq last;
        std::size_t bytes;
    };

    void note(Stamp stamp, Seq seq, std::size_t bytes);

    Options options_;
    SqliteStatement append_, load_, cut_;
    std::deque<Mark> marks_;
    Seq next_ = 1;
    Seq cut_to_ = 0;

    std::deque<Mark> marks_before_;
    Seq next_before_ = 1;
    Seq cut_to_before_ = 0;
};

}  // namespace reginfo
