/// @file
/// The schema of the file of records: created, checked, and migrated.
#pragma once

#include "core/storage/sqlite_connection.hpp"

#include <string>

namespace reginfo {

/// A transaction of SQLite; rolled back unless committed.
class Transaction {
public:
    explicit Transaction(SqliteConnection& connection);
    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;

    void commit() { connection_.execute("COMMIT"); }

private:
    SqliteConnection& connection_;
};

/// Creates the tables in an empty file; migrates a file of an earlier schema.
/// @param path  for error messages
/// @throw StoreError  the file is of another program, or of a later version; SqliteError
void set_up_schema(SqliteConnection& connection, const std::string& path);

}  // namespace reginfo
