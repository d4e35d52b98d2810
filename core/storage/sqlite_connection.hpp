/// @file
/// SQLite with exceptions: the parts of a connection and its statements that RecordFile needs.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace reginfo {

/// An error of SQLite: its extended code, and its text.
class SqliteError : public std::runtime_error {
public:
    SqliteError(int code, const std::string& text) : std::runtime_error(text), code_(code) {}
    /// The last error of a connection.
    explicit SqliteError(sqlite3* connection);

    int primary_code() const { return code_ & 0xff; }

private:
    int code_;
};

class SqliteConnection {
public:
    /// @param vfs  the name of a VFS; empty for the default one
    /// @throw SqliteError
    SqliteConnection(const std::string& path, const std::string& vfs);

    /// @throw SqliteError
    void execute(const char* sql);
    /// The first column of the first row. @throw SqliteError
    std::string text_of(const char* sql);
    std::int64_t number_of(const char* sql);

    bool is_in_transaction() const { return sqlite3_get_autocommit(handle_.get()) == 0; }
    sqlite3* handle() const { return handle_.get(); }

private:
    struct Close {
        void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
    };
    std::unique_ptr<sqlite3, Close> handle_;
};

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
