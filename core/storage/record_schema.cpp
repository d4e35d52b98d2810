/// @file

#include "core/storage/record_schema.hpp"

#include "core/event/persistence/unsettled_key.hpp"
#include "core/storage/record_file.hpp"
#include "core/storage/sqlite_statement.hpp"
#include "core/storage/store_error.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <random>

namespace reginfo {
namespace {

constexpr std::int64_t kApplicationId = 0x72656769;  ///< "regi": the file is ours
constexpr std::int64_t kSchema = 5;                  ///< the layout that this program writes

/// The first one that has a table of the unsettled.
constexpr std::int64_t kSchemaWithUnsettled = 5;

/// The steps from one layout to the next: kMigrations[i] goes from schema i + 1 to i + 2.
constexpr std::array<const char*, static_cast<std::size_t>(kSchema) - 1> kMigrations{
    // Records may be of layout 2, or of layout 3, which an earlier program cannot read
    // (event/persistence/record_layout.hpp). Older records stay as they are until they are written
    // again.
    "",
    "",
    // Rows have a checksum. Older rows have none until they are written again.
    "ALTER TABLE aor ADD COLUMN sum INTEGER;"
    "ALTER TABLE dialog ADD COLUMN sum INTEGER;"
    "ALTER TABLE txn ADD COLUMN sum INTEGER;"
    "INSERT INTO meta VALUES('unsummed', 1);",
    // What is unsettled has a table.
    "CREATE TABLE unsettled(seq INTEGER PRIMARY KEY, written INTEGER NOT NULL,"
    " key BLOB NOT NULL, value BLOB, sum INTEGER)",
};

constexpr Bucket kBuckets[] = {Bucket::aor, Bucket::dialog, Bucket::transaction, Bucket::unsettled};

std::uint64_t make_seed() {
    std::random_device source;
    const std::uint64_t seed = std::uint64_t{source()} << 32U | source();
    return seed != 0 ? seed : 1;
}

void set_schema(SqliteConnection& connection) {
    connection.execute(("PRAGMA user_version=" + std::to_string(kSchema)).c_str());
}

void make_schema(SqliteConnection& connection) {
    Transaction transaction(connection);
    for (const Bucket bucket : kBuckets) {
        const std::string sql = "CREATE TABLE " + std::string(RecordJournal::name_of(bucket)) +
                                "(seq INTEGER PRIMARY KEY, written INTEGER NOT NULL,"
                                " key BLOB NOT NULL, value BLOB, sum INTEGER)";
        connection.execute(sql.c_str());
    }
    connection.execute("CREATE TABLE meta(name TEXT PRIMARY KEY, value) WITHOUT ROWID");
    SqliteStatement(connection, "INSERT INTO meta VALUES('hash_seed', ?1), ('clock', 0)")
        .bind(1, static_cast<std::int64_t>(make_seed()))
        .run();
    connection.execute(("PRAGMA application_id=" + std::to_string(kApplicationId)).c_str());
    set_schema(connection);
    transaction.commit();
}

/// What was written before may all be unsettled.
void add_all_unsettled(SqliteConnection& connection) {
    RecordJournal journal(connection, Bucket::unsettled, {});
    journal.load([](const RecordJournal::Row&) {});
    journal.start_transaction();
    journal.append({Bucket::unsettled, std::string(kAllUnsettled), std::string()}, 0);
}

void migrate(SqliteConnection& connection, std::int64_t from) {
    Transaction transaction(connection);
    for (auto step = static_cast<std::size_t>(from - 1); step < kMigrations.size(); ++step) {
        connection.execute(kMigrations[step]);
    }
    if (from < kSchemaWithUnsettled) add_all_unsettled(connection);
    set_schema(connection);
    transaction.commit();
}

}  // namespace

Transaction::Transaction(SqliteConnection& connection) : connection_(connection) {
    connection_.execute("BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
    if (connection_.is_in_transaction()) {
        sqlite3_exec(connection_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
    }
}

void set_up_schema(SqliteConnection& connection, const std::string& path) {
    const std::int64_t schema = connection.number_of("PRAGMA user_version");
    const bool empty = connection.number_of("SELECT count(*) FROM sqlite_master") == 0;
    const bool ours = connection.number_of("PRAGMA application_id") == kApplicationId;
    if (!ours && !(empty && schema == 0)) {
        throw StoreError(
            path + " is a database of something else; move it away or set --state-dir"
        );
    }
    if (schema > kSchema) {
        throw StoreError(
            path + " was written by a newer reginfod (schema " + std::to_string(schema) +
            ", this one knows up to " + std::to_string(kSchema) +
            "); run that version, or move the file away to start empty"
        );
    }
    // Before the first page: only then the file can be shortened later.
    if (!ours) connection.execute("PRAGMA auto_vacuum=INCREMENTAL");
    if (connection.text_of("PRAGMA journal_mode=WAL") != "wal") {
        throw StoreError(path + ": its file system cannot do write-ahead logging");
    }
    if (!ours) {
        make_schema(connection);
    } else if (schema < kSchema) {
        migrate(connection, schema);
    }
    // So that the file is identified as ours even if the log is lost.
    if (schema < kSchema) connection.execute("PRAGMA wal_checkpoint");
}

}  // namespace reginfo
