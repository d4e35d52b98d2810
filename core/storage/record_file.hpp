/// @file
/// The file in which SQLite keeps the records: layout, checks, reading and writing.
#pragma once

#include "core/hash.hpp"
#include "core/outbox.hpp"
#include "core/storage/sqlite_connection.hpp"
#include "core/storage/stamp_clock.hpp"
#include "core/time.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace reginfo {

/// A store that cannot be used: one line that says what, where, and what to do.
class StoreError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// One whose file is damaged. what() says what to do about it as well.
class DamagedError : public StoreError {
public:
    explicit DamagedError(const std::string& found);
    /// What is wrong, without advice: for who has asked just that.
    const std::string& found() const { return found_; }

private:
    std::string found_;
};

/// What a commit survives: `full` the loss of power, `normal` the end of the process (after a
/// loss of power the last commits may be missing), `off` the end of the process only as long as
/// the machine lives, and a loss of power may damage the file.
enum class StorageSync : std::uint8_t { full, normal, off };

struct RecordFileOptions {
    std::string path;
    StorageSync sync = StorageSync::full;
    Duration transaction_memory = std::chrono::seconds{32};  ///< older transactions are dropped
    std::string vfs = {};                                    ///< for tests; empty: the default one
};

struct LoadReport {
    std::uint64_t aors = 0;
    std::uint64_t dialogs = 0;
    std::uint64_t transactions = 0;
    std::uint64_t unreadable = 0;
};

/// Holds the process's lock on a file for as long as it lives.
class FileLock {
public:
    /// @throw StoreError  another process has it, or the lock file cannot be made
    explicit FileLock(const std::string& path);
    ~FileLock();
    FileLock(const FileLock&) = delete;
    FileLock& operator=(const FileLock&) = delete;

private:
    int file_ = -1;
};

/// One table a bucket, each a journal: a change is a row appended, the last row of a key is its
/// record, one without a value its end. What is outdated at the head is cut off, and what is still
/// valid there is appended again, as rows are added; so a table has about two rows a record, and
/// every page is written in order. (An upsert by key costs five times the CPU: it copies a page
/// for each record.)
///
/// Used by one thread at a time.
class RecordFile {
public:
    using Visit = std::function<bool(const StoredRecord&)>;

    /// Opens the file, or makes it, and locks it against other processes.
    /// @throw StoreError
    explicit RecordFile(RecordFileOptions options);

    /// The key of hashes that are part of records; made with the file.
    std::uint64_t hash_seed() const { return hash_seed_; }

    /// Every record: AORs, dialogs, transactions, the latter as they were written. To be called
    /// once, before the first write.
    /// @param visit  returns whether it could read the record
    /// @throw StoreError
    LoadReport load(const Visit& visit);

    /// All of them or none. @throw SqliteError
    struct Batch {
        std::span<const Write> writes;
        Stamp stamp = 0;  ///< when they were handed in
    };
    void write(std::span<const Batch> batches);

    struct Stamped {
        Write write;
        Stamp stamp = 0;
    };
    using Source = std::function<std::optional<Stamped>()>;

    /// Takes over the seed of another file with its records: all of them or, if `next` throws,
    /// nothing. @pre the file holds nothing, as load() has said
    /// @param next  gives one after the other
    /// @throw StoreError, and what `next` throws
    void fill(std::uint64_t hash_seed, const Source& next);

    /// Writes a little, to see whether that goes. @throw SqliteError
    void probe();

    /// The time to stamp batches with, which never goes back. Thread-safe it is not: whoever
    /// stamps takes the clock over after load().
    StampClock& clock() { return clock_; }

    /// Reads every page. Returns what is wrong, or nothing.
    std::vector<std::string> check();

    const std::string& path() const { return options_.path; }

private:
    using Seq = std::int64_t;

    /// The journal of AORs or dialogs.
    struct Table {
        explicit Table(const SqliteConnection& connection, const std::string& name);

        SqliteStatement append, head, cut;
        boost::unordered_flat_map<Hash128, Seq> live;  ///< where each record is
        Seq first = 1;                                 ///< no row is before this one
        Seq next = 1;
    };
    struct RowChange {
        Bucket bucket;
        Hash128 key;
        Seq seq;  ///< 0: the record is gone
    };
    /// Transactions written up to a time.
    struct Mark {
        Stamp stamp;
        Seq last;
    };

    void set_up();
    void make_schema();
    void migrate(std::int64_t from);
    Table& table(Bucket bucket) { return tables_[static_cast<std::size_t>(bucket)]; }
    void read_ahead() const;
    void load_journal(Bucket bucket, Stamp now, const Visit& visit, LoadReport& report);
    void load_transactions(Stamp now, const Visit& visit, LoadReport& report);
    template <class Change>
    void transact(const Change& make);
    Seq append(Bucket bucket, const Write& write, Stamp stamp);
    void clean(Bucket bucket, std::size_t added);
    void prune(Stamp now);
    void mark(Stamp now);
    Hash128 hash_of(std::string_view key) const;

    RecordFileOptions options_;
    FileLock lock_;
    SqliteConnection connection_;
    std::vector<Table> tables_;
    std::uint64_t hash_seed_ = 0;
    StampClock clock_;
    Stamp clock_kept_ = 0;  ///< in the file
    std::int64_t probes_ = 0;
    std::deque<Mark> marks_;
    std::vector<RowChange> changes_;  ///< of the transaction under way
};

}  // namespace reginfo
