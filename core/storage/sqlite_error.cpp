#include "core/storage/sqlite_error.hpp"

namespace reginfo {

SqliteError::SqliteError(sqlite3* connection)
    : SqliteError(sqlite3_extended_errcode(connection), sqlite3_errmsg(connection)) {}

}  // namespace reginfo
