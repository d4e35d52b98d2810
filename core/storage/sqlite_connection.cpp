/// @file

#include "core/storage/sqlite_connection.hpp"

#include "core/storage/sqlite_statement.hpp"

namespace reginfo {

SqliteConnection::SqliteConnection(const std::string& path, const std::string& vfs) {
    sqlite3* handle = nullptr;
    constexpr int kFlags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    const int code =
        sqlite3_open_v2(path.c_str(), &handle, kFlags, vfs.empty() ? nullptr : vfs.c_str());
    handle_.reset(handle);
    if (handle == nullptr) throw SqliteError(SQLITE_NOMEM, "out of memory");
    if (code != SQLITE_OK) throw SqliteError(handle);
    sqlite3_extended_result_codes(handle, 1);
}

void SqliteConnection::execute(const char* sql) {
    if (sqlite3_exec(handle(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
        throw SqliteError(handle());
    }
}

std::string SqliteConnection::text_of(const char* sql) {
    SqliteStatement statement(*this, sql);
    return statement.step() ? std::string(statement.blob(0)) : std::string();
}

std::int64_t SqliteConnection::number_of(const char* sql) {
    SqliteStatement statement(*this, sql);
    return statement.step() ? statement.number(0) : 0;
}

}  // namespace reginfo
