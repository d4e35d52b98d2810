/// @file
/// Prepared statements of SQLite.
#pragma once

#include "core/storage/sqlite_connection.hpp"
#include "core/storage/sqlite_error.hpp"

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string_view>

namespace reginfo {

/// A prepared statement. Bound blobs must outlive the next step.
class SqliteStatement {
public:
    /// @throw SqliteError
    SqliteStatement(const SqliteConnection& connection, const char* sql);

    SqliteStatement& bind(int place, std::int64_t value);
    SqliteStatement& bind_blob(int place, std::string_view value);
    SqliteStatement& bind_null(int place);

    /// Returns whether there is a row. After the last row, or an error, the statement is reset.
    /// @throw SqliteError
    bool step();
    void run() { step(); }
    void reset() { sqlite3_reset(handle_.get()); }

    std::int64_t number(int column) const { return sqlite3_column_int64(handle_.get(), column); }
    bool is_null(int column) const {
        return sqlite3_column_type(handle_.get(), column) == SQLITE_NULL;
    }
    /// Valid until the next step.
    std::string_view blob(int column) const;

private:
    struct Finalize {
        void operator()(sqlite3_stmt* handle) const { sqlite3_finalize(handle); }
    };
    std::unique_ptr<sqlite3_stmt, Finalize> handle_;
};

}  // namespace reginfo
