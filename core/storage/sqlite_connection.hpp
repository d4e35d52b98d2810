/// @file
/// SQLite with exceptions: what RecordFile needs of a connection.
#pragma once

#include "core/storage/sqlite_error.hpp"

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>

namespace reginfo {

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

}  // namespace reginfo
