/// @file

#include "core/storage/record_file.hpp"

#include "core/event/persistence/unsettled_key.hpp"
#include "core/storage/record_schema.hpp"
#include "core/storage/sqlite_error.hpp"
#include "core/storage/store_error.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

namespace reginfo {
namespace {

/// Bytes that one transaction examines for cleaning: in idle times, and at most.
constexpr std::size_t kTidyBytes = std::size_t{1} << 20U;
constexpr std::size_t kCleanBytesMax = std::size_t{4} << 20U;
/// Bytes examined for each byte added. So a head of unchanged records is passed while the file
/// grows by a quarter of them.
constexpr std::size_t kCleanFactor = 4;

/// Outdated SIP transactions removed in one transaction of SQLite.
constexpr std::int64_t kPruneRows = 20'000;

/// Rows examined in one transaction, and bytes wanted, when room is made.
constexpr std::int64_t kEraseRows = 1000;
constexpr std::size_t kRoomBytes = std::size_t{8} << 20U;

/// The file is shortened if it exceeds twice the live records by this, and has free pages.
constexpr std::size_t kFreeBytes = std::size_t{32} << 20U;
constexpr std::int64_t kFreePages = 1024;
constexpr std::int64_t kPage = 4096;

/// A disk counts as not full when it has room for this again.
constexpr std::int64_t kProbePages = 64;

constexpr std::int64_t kClockInterval = 1000;
constexpr std::chrono::milliseconds kTidyPause{20};
constexpr std::chrono::seconds kPrunePause{5};

Duration age_of(Stamp now, Stamp written) {
    return std::chrono::milliseconds{std::max<Stamp>(now - written, 0)};
}

std::int64_t milliseconds_of(Duration duration) {
    return std::chrono::ceil<std::chrono::milliseconds>(duration).count();
}

std::int64_t number_of(SqliteStatement& statement) {
    const std::int64_t number = statement.step() ? statement.number(0) : 0;
    statement.reset();
    return number;
}

const char* pragma_of(StorageSync sync) {
    switch (sync) {
        case StorageSync::full:
            return "PRAGMA synchronous=FULL";
        case StorageSync::normal:
            return "PRAGMA synchronous=NORMAL";
        case StorageSync::off:
            return "PRAGMA synchronous=OFF";
    }
    return "";
}

/// A new file is readable for its owner only, whatever the umask: it has the addresses of users.
/// SQLite gives the files beside it the same mode.
SqliteConnection open(const RecordFileOptions& options) {
    const int file = ::open(options.path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file >= 0) ::close(file);  // if not, it exists, or SQLite reports why
    SqliteConnection connection(options.path, options.vfs);
    connection.execute("PRAGMA locking_mode=EXCLUSIVE");
    connection.execute(pragma_of(options.sync));
    connection.execute("PRAGMA cache_size=-16384");
    connection.execute("PRAGMA cell_size_check=ON");
    set_up_schema(connection, options.path);
    return connection;
}

}  // namespace

RecordFile::RecordFile(RecordFileOptions options) try
    : options_(options),
      lock_(options_.path),
      connection_(open(options_)),
      hash_seed_(static_cast<std::uint64_t>(
          connection_.number_of("SELECT value FROM meta WHERE name = 'hash_seed'")
      )),
      room_(connection_, options_.path),
      mark_(options_.path + ".mark"),
      pages_(connection_, "PRAGMA page_count"),
      free_pages_(connection_, "PRAGMA freelist_count"),
      has_unsummed_(connection_.number_of("SELECT value FROM meta WHERE name = 'unsummed'") != 0),
      unsettled_(connection_, Bucket::unsettled, {hash_seed_, has_unsummed_}),
      aors_(connection_, Bucket::aor, {hash_seed_, has_unsummed_}),
      dialogs_(connection_, Bucket::dialog, {hash_seed_, has_unsummed_}),
      transactions_(connection_, {milliseconds_of(options_.transaction_memory), has_unsummed_}),
      can_shorten_(connection_.number_of("PRAGMA auto_vacuum") == 2) {
    start_clock();
} catch (const SqliteError& error) {
    fail(options.path, error);
}

void RecordFile::start_clock() {
    const std::string text = connection_.text_of("SELECT value FROM meta WHERE name = 'clocks'");
    const Stamp stamp = connection_.number_of("SELECT value FROM meta WHERE name = 'clock'");
    const auto kept = StampClock::Kept::parse(text);
    odd_clocks_ = clock_.start(
        kept.value_or(StampClock::Kept::of_stamp(stamp)), Clocks::now(), current_boot_id()
    );
    if (!kept && !text.empty()) {
        odd_clocks_ = "what the file keeps of the clocks is damaged; ages go by the wall clock";
    }
}

// Reading.

LoadReport RecordFile::load(const Visit& visit) {
    LoadReport report;
    report.clocks = odd_clocks_;
    try {
        read_ahead();
        load_records(unsettled_, Bucket::unsettled, visit, report);
        if (is_cut_short()) visit({Bucket::unsettled, kAllUnsettled, {}, {}});
        load_records(aors_, Bucket::aor, visit, report);
        load_records(dialogs_, Bucket::dialog, visit, report);
        load_transactions(visit, report);
    } catch (const SqliteError& error) {
        fail(options_.path, error);
    }
    report.missing = missing_changes();
    return report;
}

/// Rows are read backwards, which the kernel does not predict: without this, each page would be a
/// separate wait for the disk.
void RecordFile::read_ahead() const {
    const int file = ::open(options_.path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return;
    ::posix_fadvise(file, 0, 0, POSIX_FADV_WILLNEED);
    ::close(file);
}

void RecordFile::load_records(
    RecordJournal& journal,
    Bucket bucket,
    const Visit& visit,
    LoadReport& report
) {
    const char* const kind = RecordJournal::name_of(bucket);
    const Stamp now = clock_.read();
    journal.load([&](const RecordJournal::Row& row) {
        if (!row.is_sound) {
            ++report.damaged;
            report.note(kind, row.key, "is damaged: its checksum is wrong");
            if (bucket == Bucket::unsettled) visit({bucket, kAllUnsettled, {}, {}});
            return;
        }
        if (!visit({bucket, row.key, row.value, age_of(now, row.written)})) {
            ++report.unreadable;
            report.note(kind, row.key, "cannot be read");
        }
        if (bucket == Bucket::aor) ++report.aors;
        if (bucket == Bucket::dialog) ++report.dialogs;
    });
}

void RecordFile::load_transactions(const Visit& visit, LoadReport& report) {
    const Stamp now = clock_.read();
    transactions_.load(now, [&](const TransactionJournal::Row& row) {
        if (!row.is_sound) {
            ++report.damaged;
            report.note("transaction", row.key, "is damaged: its checksum is wrong");
            return;
        }
        if (!visit({Bucket::transaction, row.key, row.value, age_of(now, row.written)})) {
            ++report.unreadable;
            report.note("transaction", row.key, "cannot be read");
        }
        ++report.transactions;
    });
}

CommitMark::Position RecordFile::position() const {
    return {hash_seed_, {aors_.next(), dialogs_.next(), transactions_.next()}};
}

/// The same as far as it shows before the records are read: watchers may know what is lost.
bool RecordFile::is_cut_short() {
    const auto marked = mark_.read();
    if (!marked || marked->file != hash_seed_) return false;
    const std::int64_t aors = connection_.number_of("SELECT max(seq) FROM aor");
    const std::int64_t dialogs = connection_.number_of("SELECT max(seq) FROM dialog");
    return marked->next[0] > aors + 1 || marked->next[1] > dialogs + 1;
}

/// Changes up to the mark of the last process that are not in the file.
std::uint64_t RecordFile::missing_changes() const {
    const auto marked = mark_.read();
    if (!marked || marked->file != hash_seed_) return 0;
    const CommitMark::Position found = position();
    std::uint64_t missing = 0;
    for (std::size_t i = 0; i < found.next.size(); ++i) {
        missing +=
            static_cast<std::uint64_t>(std::max<std::int64_t>(marked->next[i] - found.next[i], 0));
    }
    return missing;
}

std::vector<std::string> RecordFile::check() {
    std::vector<std::string> problems;
    try {
        SqliteStatement rows(connection_, "PRAGMA integrity_check");
        while (rows.step()) {
            if (rows.blob(0) != "ok") problems.emplace_back(rows.blob(0));
        }
    } catch (const SqliteError& error) {
        problems.emplace_back(error.what());
    }
    return problems;
}

// Writing.

/// Makes the changes in one transaction. If one throws, none is made.
template <class Change>
void RecordFile::transact(const Change& make) {
    const Stamp clock_before = clock_kept_;
    for (RecordJournal* const journal : journals()) journal->start_transaction();
    transactions_.start_transaction();
    try {
        Transaction transaction(connection_);
        make();
        room_.require(number_of(pages_));
        transaction.commit();
    } catch (...) {
        for (RecordJournal* const journal : journals()) journal->roll_back();
        transactions_.roll_back();
        clock_kept_ = clock_before;
        throw;
    }
    mark_.write(position());
}

/// The same. If the disk is full, it repeats that as long as room can be made.
template <class Change>
void RecordFile::transact_with_room(const Change& make) {
    for (bool is_first = true;; is_first = false) {
        try {
            return transact(make);
        } catch (const SqliteError& error) {
            if (error.primary_code() != SQLITE_FULL || (!make_room() && !is_first)) throw;
        }
    }
}

void RecordFile::write(std::span<const Batch> batches) {
    std::size_t added = 0;
    for (const Batch& batch : batches) {
        for (const Write& write : batch.writes) {
            added += write.key.size() + (write.value ? write.value->size() : 0);
        }
    }
    const Stamp now = batches.empty() ? 0 : batches.back().stamp;
    transact_with_room([&] {
        for (const Batch& batch : batches) {
            for (const Write& write : batch.writes) append(write, batch.stamp);
        }
        clean(std::min(kCleanFactor * added, kCleanBytesMax));
        transactions_.prune(now, kPruneRows);
        keep_clock();
        shorten();
    });
}

void RecordFile::fill(std::uint64_t hash_seed, const Source& next) {
    const std::uint64_t seed_before = std::exchange(hash_seed_, hash_seed);
    const auto make = [&] {
        SqliteStatement(connection_, "UPDATE meta SET value = ?1 WHERE name = 'hash_seed'")
            .bind(1, static_cast<std::int64_t>(hash_seed))
            .run();
        while (const auto record = next()) {
            append(record->write, record->stamp);
            clock_.advance_to(record->stamp);
        }
        keep_clock();
    };
    try {
        transact(make);
    } catch (const SqliteError& error) {
        hash_seed_ = seed_before;
        fail(options_.path, error);
    } catch (...) {
        hash_seed_ = seed_before;
        throw;
    }
}

void RecordFile::probe() {
    transact_with_room([&] {
        SqliteStatement(connection_, "INSERT OR REPLACE INTO meta VALUES('probe', ?1)")
            .bind(1, ++probes_)  // SQLite does not write what does not change
            .run();
        room_.require(
            number_of(pages_) + std::max<std::int64_t>(kProbePages - number_of(free_pages_), 0)
        );
    });
}

void RecordFile::append(const Write& write, Stamp stamp) {
    if (write.bucket == Bucket::transaction) {
        transactions_.append(write, stamp);
    } else {
        journal(write.bucket).append(write, stamp);
    }
}

/// Stores the clocks, once a second.
void RecordFile::keep_clock() {
    const Stamp now = clock_.read();
    if (clock_kept_ != 0 && now - clock_kept_ < kClockInterval) return;
    SqliteStatement(connection_, "INSERT OR REPLACE INTO meta VALUES('clocks', ?1)")
        .bind_blob(1, clock_.kept().text())
        .run();
    clock_kept_ = now;
}

// Cleaning up.

void RecordFile::clean(std::size_t bytes_max) {
    for (RecordJournal* const journal : journals()) journal->clean(bytes_max);
}

bool RecordFile::is_too_long() {
    if (!can_shorten_) return false;
    const std::size_t alive = unsettled_.live_bytes() + aors_.live_bytes() + dialogs_.live_bytes() +
                              transactions_.bytes();
    const auto pages_max = static_cast<std::int64_t>((2 * alive + kFreeBytes) / kPage);
    return number_of(pages_) > pages_max && number_of(free_pages_) > kFreePages;
}

/// Returns some space to the disk. The next checkpoint shortens the file.
void RecordFile::shorten() {
    if (!is_too_long()) return;
    connection_.execute("PRAGMA incremental_vacuum(256)");
    is_shortened_ = true;
}

std::optional<std::chrono::milliseconds> RecordFile::tidy() {
    const Stamp now = clock_.read();
    const bool is_due = unsettled_.wants_cleaning() || aors_.wants_cleaning() ||
                        dialogs_.wants_cleaning() || transactions_.wants_pruning(now) ||
                        is_too_long();
    if (is_due) {
        transact_with_room([&] {
            clean(kTidyBytes);
            transactions_.prune(now, kPruneRows);
            shorten();
        });
        return kTidyPause;
    }
    if (std::exchange(is_shortened_, false)) connection_.execute("PRAGMA wal_checkpoint");
    const bool is_due_later = transactions_.wants_pruning(std::numeric_limits<Stamp>::max());
    return is_due_later ? std::optional<std::chrono::milliseconds>(kPrunePause) : std::nullopt;
}

/// On a full disk: removes outdated rows at their place. If there are none, it removes answered
/// transactions early: without them, a retransmission after a restart is handled as a new request.
/// Returns whether there was anything to remove.
bool RecordFile::make_room() {
    connection_.execute("PRAGMA wal_checkpoint");
    std::size_t bytes = 0;
    for (RecordJournal* const journal : journals()) bytes += erase_outdated(*journal);
    if (bytes > 0) return true;
    constexpr Stamp kEnd = std::numeric_limits<Stamp>::max();
    if (!transactions_.wants_pruning(kEnd)) return false;
    transact([&] { transactions_.prune(kEnd, kPruneRows); });
    return true;
}

std::size_t RecordFile::erase_outdated(RecordJournal& journal) {
    RecordJournal::Erased erased;
    std::size_t bytes = 0;
    do {
        transact([&] { erased = journal.erase_outdated(erased.last, kEraseRows); });
        bytes += erased.bytes;
    } while (erased.last != 0 && bytes < kRoomBytes);
    return bytes;
}

}  // namespace reginfo
