/// @file

#include "core/storage/record_file.hpp"

#include "core/storage/store_error.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <random>

namespace reginfo {
namespace {

constexpr std::int64_t kApplicationId = 0x72656769;  ///< "regi": the file is ours
constexpr std::int64_t kSchema = 3;                  ///< the layout that this program writes

/// The steps from one layout to the next: kMigrations[i] goes from schema i + 1 to i + 2.
constexpr std::array<const char*, static_cast<std::size_t>(kSchema) - 1> kMigrations{
    // Records may be of layout 2, or of layout 3, which an earlier program cannot read
    // (event/record_layout.hpp). Older ones are read as well and stay until they are written again.
    "",
    "",
};

constexpr std::array<const char*, 3> kTables{"aor", "dialog", "txn"};

/// How far the head of a journal may lag: rows beyond two for each record.
constexpr std::size_t kSlack = 4096;

constexpr Stamp kMarkInterval = 1000;

std::uint64_t make_seed() {
    std::random_device source;
    const std::uint64_t seed = std::uint64_t{source()} << 32U | source();
    return seed != 0 ? seed : 1;
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

/// A transaction of SQLite; rolled back unless committed.
class Transaction {
public:
    explicit Transaction(SqliteConnection& connection) : connection_(connection) {
        connection_.execute("BEGIN IMMEDIATE");
    }
    ~Transaction() {
        if (connection_.is_in_transaction()) {
            sqlite3_exec(connection_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
        }
    }
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;

    void commit() { connection_.execute("COMMIT"); }

private:
    SqliteConnection& connection_;
};

/// A file that is made is for its owner only, whatever the umask: it says who is where. SQLite
/// gives those beside it the same mode.
SqliteConnection open(const RecordFileOptions& options) {
    const int file = ::open(options.path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file >= 0) ::close(file);  // if not, it is there, or SQLite says why
    try {
        return SqliteConnection(options.path, options.vfs);
    } catch (const SqliteError& error) {
        fail(options.path, error);
    }
}

}  // namespace

RecordFile::Table::Table(const SqliteConnection& connection, const std::string& name)
    : append(
          connection,
          ("INSERT INTO " + name + "(seq, written, key, value) VALUES(?1, ?2, ?3, ?4)").c_str()
      ),
      head(
          connection,
          ("SELECT seq, written, key, value FROM " + name + " ORDER BY seq LIMIT ?1").c_str()
      ),
      cut(connection, ("DELETE FROM " + name + " WHERE seq <= ?1").c_str()) {}

RecordFile::RecordFile(RecordFileOptions options)
    : options_(std::move(options)), lock_(options_.path), connection_(open(options_)) {
    try {
        set_up();
        for (const char* name : kTables) tables_.emplace_back(connection_, name);
        hash_seed_ = static_cast<std::uint64_t>(
            connection_.number_of("SELECT value FROM meta WHERE name = 'hash_seed'")
        );
        clock_kept_ = connection_.number_of("SELECT value FROM meta WHERE name = 'clock'");
        clock_.start(clock_kept_, std::chrono::steady_clock::now());
    } catch (const SqliteError& error) {
        fail(options_.path, error);
    }
}

void RecordFile::set_up() {
    connection_.execute("PRAGMA locking_mode=EXCLUSIVE");
    const std::int64_t schema = connection_.number_of("PRAGMA user_version");
    const bool empty = connection_.number_of("SELECT count(*) FROM sqlite_master") == 0;
    const bool ours = connection_.number_of("PRAGMA application_id") == kApplicationId;
    if (!ours && !(empty && schema == 0)) {
        throw StoreError(
            options_.path + " is a database of something else; move it away or set --state-dir"
        );
    }
    if (schema > kSchema) {
        throw StoreError(
            options_.path + " was written by a newer reginfod (schema " + std::to_string(schema) +
            ", this one knows up to " + std::to_string(kSchema) +
            "); run that version, or move the file away to start empty"
        );
    }
    if (connection_.text_of("PRAGMA journal_mode=WAL") != "wal") {
        throw StoreError(options_.path + ": its file system cannot do write-ahead logging");
    }
    connection_.execute(pragma_of(options_.sync));
    connection_.execute("PRAGMA wal_autocheckpoint=4000");
    connection_.execute("PRAGMA cache_size=-16384");
    connection_.execute("PRAGMA cell_size_check=ON");
    if (!ours) {
        make_schema();
    } else if (schema < kSchema) {
        migrate(schema);
    }
}

void RecordFile::make_schema() {
    Transaction transaction(connection_);
    for (const char* name : kTables) {
        const std::string sql = "CREATE TABLE " + std::string(name) +
                                "(seq INTEGER PRIMARY KEY, written INTEGER NOT NULL,"
                                " key BLOB NOT NULL, value BLOB)";
        connection_.execute(sql.c_str());
    }
    connection_.execute("CREATE TABLE meta(name TEXT PRIMARY KEY, value) WITHOUT ROWID");
    SqliteStatement(connection_, "INSERT INTO meta VALUES('hash_seed', ?1), ('clock', 0)")
        .bind(1, static_cast<std::int64_t>(make_seed()))
        .run();
    connection_.execute(("PRAGMA application_id=" + std::to_string(kApplicationId)).c_str());
    connection_.execute(("PRAGMA user_version=" + std::to_string(kSchema)).c_str());
    transaction.commit();
}

void RecordFile::migrate(std::int64_t from) {
    Transaction transaction(connection_);
    for (auto step = static_cast<std::size_t>(from - 1); step < kMigrations.size(); ++step) {
        connection_.execute(kMigrations[step]);
    }
    connection_.execute(("PRAGMA user_version=" + std::to_string(kSchema)).c_str());
    transaction.commit();
}

Hash128 RecordFile::hash_of(std::string_view key) const {
    return Hasher(hash_seed_, 0).add(key).finish();
}

// Reading.

LoadReport RecordFile::load(const Visit& visit) {
    LoadReport report;
    try {
        const Stamp now = clock_.read();
        read_ahead();
        load_journal(Bucket::aor, now, visit, report);
        load_journal(Bucket::dialog, now, visit, report);
        load_transactions(now, visit, report);
    } catch (const SqliteError& error) {
        fail(options_.path, error);
    }
    return report;
}

/// Rows are read from the last one to the first, which the kernel does not foresee: from a disk
/// each page would be waited for.
void RecordFile::read_ahead() const {
    const int file = ::open(options_.path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return;
    ::posix_fadvise(file, 0, 0, POSIX_FADV_WILLNEED);
    ::close(file);
}

/// From the newest row to the oldest, so that the first row of a key is its record.
void RecordFile::load_journal(Bucket bucket, Stamp now, const Visit& visit, LoadReport& report) {
    Table& journal = table(bucket);
    const std::string sql = "SELECT seq, written, key, value FROM " +
                            std::string(kTables[static_cast<std::size_t>(bucket)]) +
                            " ORDER BY seq DESC";
    SqliteStatement rows(connection_, sql.c_str());
    std::vector<Hash128> gone;
    while (rows.step()) {
        const Seq seq = rows.number(0);
        journal.next = std::max(journal.next, seq + 1);
        journal.first = seq;
        const std::string_view key = rows.blob(2);
        if (!journal.live.try_emplace(hash_of(key), seq).second) continue;
        if (rows.is_null(3)) {
            gone.push_back(hash_of(key));
            continue;
        }
        const Duration age = std::chrono::milliseconds{std::max<Stamp>(now - rows.number(1), 0)};
        if (!visit({bucket, key, rows.blob(3), age})) ++report.unreadable;
        ++(bucket == Bucket::aor ? report.aors : report.dialogs);
    }
    for (const Hash128& key : gone) journal.live.erase(key);
}

void RecordFile::load_transactions(Stamp now, const Visit& visit, LoadReport& report) {
    Table& journal = table(Bucket::transaction);
    SqliteStatement rows(connection_, "SELECT seq, written, key, value FROM txn ORDER BY seq");
    const Stamp oldest =
        now - std::chrono::floor<std::chrono::milliseconds>(options_.transaction_memory).count();
    while (rows.step()) {
        journal.next = rows.number(0) + 1;
        const Stamp written = rows.number(1);
        if (marks_.empty() || written - marks_.back().stamp >= kMarkInterval) {
            marks_.push_back({written, journal.next - 1});
        }
        marks_.back().last = journal.next - 1;
        if (written <= oldest) continue;
        const Duration age = std::chrono::milliseconds{std::max<Stamp>(now - written, 0)};
        if (!visit({Bucket::transaction, rows.blob(2), rows.blob(3), age})) ++report.unreadable;
        ++report.transactions;
    }
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

/// Makes the changes in one transaction; if one throws, nothing has changed.
template <class Change>
void RecordFile::transact(const Change& make) {
    const std::array<Seq, 3> next{tables_[0].next, tables_[1].next, tables_[2].next};
    const std::array<Seq, 2> first{tables_[0].first, tables_[1].first};
    const auto marks = marks_;
    const Stamp clock_before = clock_kept_;
    changes_.clear();
    try {
        Transaction transaction(connection_);
        make();
        transaction.commit();
    } catch (...) {
        for (std::size_t i = 0; i < tables_.size(); ++i) tables_[i].next = next[i];
        for (std::size_t i = 0; i < first.size(); ++i) tables_[i].first = first[i];
        marks_ = marks;
        clock_kept_ = clock_before;
        throw;
    }
    for (const RowChange& change : changes_) {
        auto& live = table(change.bucket).live;
        if (change.seq == 0) {
            live.erase(change.key);
        } else {
            live[change.key] = change.seq;
        }
    }
}

void RecordFile::write(std::span<const Batch> batches) {
    std::array<std::size_t, 3> added{};
    for (const Batch& batch : batches) {
        for (const Write& write : batch.writes) ++added[static_cast<std::size_t>(write.bucket)];
    }
    const Stamp now = batches.empty() ? 0 : batches.back().stamp;
    transact([&] {
        // First, as what it appends again must not come after the same keys' new rows.
        clean(Bucket::aor, added[0]);
        clean(Bucket::dialog, added[1]);
        for (const Batch& batch : batches) {
            for (const Write& write : batch.writes) append(write.bucket, write, batch.stamp);
        }
        mark(now);
        prune(now);
    });
}

void RecordFile::fill(std::uint64_t hash_seed, const Source& next) {
    try {
        transact([&] {
            SqliteStatement(connection_, "UPDATE meta SET value = ?1 WHERE name = 'hash_seed'")
                .bind(1, static_cast<std::int64_t>(hash_seed))
                .run();
            Stamp latest = 0;
            while (const auto record = next()) {
                append(record->write.bucket, record->write, record->stamp);
                latest = std::max(latest, record->stamp);
            }
            mark(latest);
        });
    } catch (const SqliteError& error) {
        fail(options_.path, error);
    }
}

void RecordFile::probe() {
    Transaction transaction(connection_);
    SqliteStatement(connection_, "INSERT OR REPLACE INTO meta VALUES('probe', ?1)")
        .bind(1, ++probes_)  // SQLite does not write what does not change
        .run();
    transaction.commit();
}

RecordFile::Seq RecordFile::append(Bucket bucket, const Write& write, Stamp stamp) {
    Table& journal = table(bucket);
    const Seq seq = journal.next++;
    journal.append.bind(1, seq).bind(2, stamp).bind_blob(3, write.key);
    if (write.value) {
        journal.append.bind_blob(4, *write.value);
    } else {
        journal.append.bind_null(4);
    }
    journal.append.run();
    if (bucket != Bucket::transaction) {
        changes_.push_back({bucket, hash_of(write.key), write.value ? seq : 0});
    }
    return seq;
}

/// Cuts off outdated rows, two for each that is added, if there are many.
void RecordFile::clean(Bucket bucket, std::size_t added) {
    Table& journal = table(bucket);
    const auto rows = static_cast<std::size_t>(journal.next - journal.first);
    if (added == 0 || rows <= 2 * journal.live.size() + kSlack) return;
    struct Kept {
        Write write;
        Stamp written;
    };
    std::vector<Kept> kept;
    Seq last = 0;
    journal.head.bind(1, static_cast<std::int64_t>(2 * added + 16));
    while (journal.head.step()) {
        last = journal.head.number(0);
        const std::string_view key = journal.head.blob(2);
        const auto at = journal.live.find(hash_of(key));
        if (at == journal.live.end() || at->second != last) continue;
        kept.push_back(
            {{bucket, std::string(key), std::string(journal.head.blob(3))}, journal.head.number(1)}
        );
    }
    journal.cut.bind(1, last).run();
    journal.first = last + 1;
    for (const Kept& row : kept) append(bucket, row.write, row.written);
}

/// Remembers, once a second, how far transactions and the clock have come.
void RecordFile::mark(Stamp now) {
    const Seq last = table(Bucket::transaction).next - 1;
    if (marks_.empty() || now - marks_.back().stamp >= kMarkInterval) marks_.push_back({now, last});
    marks_.back().last = last;
    if (now - clock_kept_ < kMarkInterval) return;
    SqliteStatement(connection_, "UPDATE meta SET value = ?1 WHERE name = 'clock'")
        .bind(1, now)
        .run();
    clock_kept_ = now;
}

void RecordFile::prune(Stamp now) {
    const Stamp oldest =
        now - std::chrono::ceil<std::chrono::milliseconds>(options_.transaction_memory).count();
    Seq last = 0;
    while (!marks_.empty() && marks_.front().stamp + kMarkInterval < oldest) {
        last = marks_.front().last;
        marks_.pop_front();
    }
    if (last > 0) table(Bucket::transaction).cut.bind(1, last).run();
}

}  // namespace reginfo
