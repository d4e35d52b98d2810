#include "core/storage/sqlite_statement.hpp"

namespace reginfo {

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
