/// @file
/// The file in which SQLite keeps the records: layout, checks, reading and writing.
#pragma once

#include "core/base/time.hpp"
#include "core/outbox.hpp"
#include "core/storage/commit_mark.hpp"
#include "core/storage/disk_room.hpp"
#include "core/storage/load_report.hpp"
#include "core/storage/record_journal.hpp"
#include "core/storage/sqlite_connection.hpp"
#include "core/storage/stamp_clock.hpp"
#include "core/storage/transaction_journal.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
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

/// One table a bucket: a journal of AORs, one of dialogs (RecordJournal), one of transactions.
///
/// The file is bounded by what is alive: it holds at most twice that and 40 MB, and the write-ahead
/// log 24 MB or one commit more. On a full disk it makes room by removing what is outdated, for
/// which it needs none (DiskRoom).
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

    /// Every record: AORs, dialogs, transactions, the latter as they were written. One that is
    /// damaged is left out, and reported. To be called once, before the first write.
    /// @param visit  returns whether it could read the record
    /// @throw StoreError
    LoadReport load(const Visit& visit);

    /// All of them or none. @throw SqliteError
    struct Batch {
        std::span<const Write> writes;
        Stamp stamp = 0;  ///< when they were handed in
    };
    void write(std::span<const Batch> batches);

    /// Goes on cleaning up, a little, while nobody waits. Returns when to go on; nothing: not
    /// before the next write. @throw SqliteError
    std::optional<std::chrono::milliseconds> tidy();

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

    /// Writes a little, and sees that there is room for more. @throw SqliteError
    void probe();

    /// The time to stamp batches with, which never goes back. Thread-safe it is not: whoever
    /// stamps takes the clock over after load().
    StampClock& clock() { return clock_; }

    /// Reads every page. Returns what is wrong, or nothing.
    std::vector<std::string> check();

    const std::string& path() const { return options_.path; }

private:
    void set_up();
    void start_clock();
    void read_ahead() const;
    void load_records(
        RecordJournal& journal,
        Bucket bucket,
        const Visit& visit,
        LoadReport& report
    );
    void load_transactions(const Visit& visit, LoadReport& report);
    std::uint64_t missing_changes() const;
    template <class Change>
    void transact(const Change& make);
    template <class Change>
    void transact_with_room(const Change& make);
    bool make_room();
    std::size_t erase_outdated(RecordJournal& journal);
    void append(const Write& write, Stamp stamp);
    void clean(std::size_t bytes_max);
    void keep_clock();
    bool is_too_long();
    void shorten();
    CommitMark::Position position() const;
    RecordJournal& journal(Bucket bucket) { return bucket == Bucket::aor ? aors_ : dialogs_; }

    RecordFileOptions options_;
    FileLock lock_;
    SqliteConnection connection_;
    std::uint64_t hash_seed_ = 0;
    DiskRoom room_;
    CommitMark mark_;
    SqliteStatement pages_, free_pages_;
    bool has_unsummed_;
    RecordJournal aors_, dialogs_;
    TransactionJournal transactions_;
    bool can_shorten_;
    bool is_shortened_ = false;  ///< since the last checkpoint, perhaps
    StampClock clock_;
    std::string odd_clocks_;
    Stamp clock_kept_ = 0;  ///< in the file
    std::int64_t probes_ = 0;
};

}  // namespace reginfo
