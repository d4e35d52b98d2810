/// @file
/// The SQLite file of the records: layout, checks, reading and writing.
#pragma once

#include "core/base/time.hpp"
#include "core/outbox.hpp"
#include "core/storage/commit_mark.hpp"
#include "core/storage/disk_room.hpp"
#include "core/storage/file_lock.hpp"
#include "core/storage/load_report.hpp"
#include "core/storage/record_journal.hpp"
#include "core/storage/sqlite_connection.hpp"
#include "core/storage/sqlite_statement.hpp"
#include "core/storage/stamp_clock.hpp"
#include "core/storage/store_error.hpp"
#include "core/storage/transaction_journal.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace reginfo {

/// What a commit survives. `full`: a loss of power. `normal`: the end of the process; after a loss
/// of power the last commits may be missing. `off`: the end of the process; a loss of power may
/// damage the file.
enum class StorageSync : std::uint8_t { full, normal, off };

struct RecordFileOptions {
    std::string path;
    StorageSync sync = StorageSync::full;
    Duration transaction_memory = std::chrono::seconds{32};  ///< older transactions are dropped
    std::string vfs = {};  ///< for tests; empty for the default one
};

/// One table for each bucket: journals of AORs, dialogs and the unsettled (RecordJournal), and
/// transactions.
///
/// The size is bounded: at most twice the live records and 40 MB; the write-ahead log has 24 MB, or
/// one commit more. On a full disk outdated rows are removed, which needs no space (DiskRoom).
///
/// Used by one thread at a time.
class RecordFile {
public:
    using Visit = std::function<bool(const StoredRecord&)>;

    /// Opens or creates the file, and locks it against other processes.
    /// @throw StoreError
    explicit RecordFile(RecordFileOptions options);

    /// The key of the hashes in records; generated with the file.
    std::uint64_t hash_seed() const { return hash_seed_; }

    /// Reads every record: the unsettled, AORs, dialogs, then transactions in the order of their
    /// writing. Damaged
    /// records are left out and reported. Must be called once, before the first write.
    /// @param visit  returns whether it could decode the record
    /// @throw StoreError
    LoadReport load(const Visit& visit);

    struct Batch {
        std::span<const Write> writes;
        Stamp stamp = 0;  ///< the time of the commit
    };
    /// Writes all batches or none. @throw SqliteError
    void write(std::span<const Batch> batches);

    /// Cleans up a little, for idle times. Returns when to continue; nothing if there is nothing to
    /// do before the next write. @throw SqliteError
    std::optional<std::chrono::milliseconds> tidy();

    struct Stamped {
        Write write;
        Stamp stamp = 0;
    };
    using Source = std::function<std::optional<Stamped>()>;

    /// Copies the seed and the records of another file: all of them or, if `next` throws, none.
    /// @pre load() has found no record in this file
    /// @param next  returns the next record; nothing at the end
    /// @throw StoreError, and what `next` throws
    void fill(std::uint64_t hash_seed, const Source& next);

    /// Writes a little, and checks that there is room for more. @throw SqliteError
    void probe();

    /// The clock for the stamps of batches, which never goes back. It is not thread-safe: after
    /// load() the thread that stamps batches takes a copy.
    StampClock& clock() { return clock_; }

    /// Reads every page. Returns the errors found.
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
    bool is_cut_short();
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
    std::array<RecordJournal*, 3> journals() { return {&unsettled_, &aors_, &dialogs_}; }
    RecordJournal& journal(Bucket bucket) {
        if (bucket == Bucket::unsettled) return unsettled_;
        return bucket == Bucket::aor ? aors_ : dialogs_;
    }

    RecordFileOptions options_;
    FileLock lock_;
    SqliteConnection connection_;
    std::uint64_t hash_seed_ = 0;
    DiskRoom room_;
    CommitMark mark_;
    SqliteStatement pages_, free_pages_;
    bool has_unsummed_;
    RecordJournal unsettled_, aors_, dialogs_;
    TransactionJournal transactions_;
    bool can_shorten_;
    bool is_shortened_ = false;  ///< perhaps, since the last checkpoint
    StampClock clock_;
    std::string odd_clocks_;
    Stamp clock_kept_ = 0;  ///< the stamp in the file
    std::int64_t probes_ = 0;
};

}  // namespace reginfo
