/// @file
/// The layout of the file of records: made, checked, and brought up to date.
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

/// Makes the tables where the file is empty; migrates a file of an earlier schema.
/// @param path  for what is said
/// @throw StoreError  it is of something else, or of a later version; SqliteError
void set_up_schema(SqliteConnection& connection, const std::string& path);

}  // namespace reginfo
