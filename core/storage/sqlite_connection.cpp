/// @file

#include "core/storage/sqlite_connection.hpp"

namespace reginfo {

SqliteError::SqliteError(sqlite3* connection)
    : SqliteError(sqlite3_extended_errcode(connection), sqlite3_errmsg(connection)) {}

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

SqliteStatement::SqliteStatement(const SqliteConnection& connection, const char* sql) {
    sqlite3_stmt* handle = nullptr;
    const int code = sqlite3_prepare_v3(
        connection.handle(), sql, -1, SQLITE_PREPARE_PERSISTENT, &handle, nullptr
    );
    if (code != SQLITE_OK) throw SqliteError(connection.handle());
    handle_.reset(handle);
}

SqliteStatement& SqliteStatement::bind(int place, std::int64_t value) {
    sqlite3_bind_int64(handle_.get(), place, value);
    return *this;
}

SqliteStatement& SqliteStatement::bind_blob(int place, std::string_view value) {
    const char* bytes = value.empty() ? "" : value.data();
    sqlite3_bind_blob64(handle_.get(), place, bytes, value.size(), SQLITE_STATIC);
    return *this;
}

SqliteStatement& SqliteStatement::bind_null(int place) {
    sqlite3_bind_null(handle_.get(), place);
    return *this;
}

bool SqliteStatement::step() {
    const int code = sqlite3_step(handle_.get());
    if (code == SQLITE_ROW) return true;
    if (code != SQLITE_DONE) {
        const SqliteError error(sqlite3_db_handle(handle_.get()));
        reset();
        throw error;
    }
    reset();
    return false;
}

std::string_view SqliteStatement::blob(int column) const {
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(handle_.get(), column));
    return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column))};
}

}  // namespace reginfo
