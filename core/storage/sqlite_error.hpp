/// @file
/// Errors of SQLite as exceptions.
#pragma once

#include <sqlite3.h>

#include <stdexcept>
#include <string>

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

}  // namespace reginfo
