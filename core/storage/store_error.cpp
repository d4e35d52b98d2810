#include "core/storage/store_error.hpp"

#include "core/storage/sqlite_error.hpp"

#include <sqlite3.h>

namespace reginfo {
namespace {

constexpr const char* kDamagedAdvice =
    "; look with \"reginfod state check\", save what can be read with \"reginfod state dump\", or "
    "move it away to start empty";

bool is_damage(const SqliteError& error) {
    return error.primary_code() == SQLITE_CORRUPT || error.primary_code() == SQLITE_NOTADB;
}

std::string damage_of(const std::string& path, const SqliteError& error) {
    return path + " is damaged (" + error.what() + ")";
}

}  // namespace

DamagedError::DamagedError(const std::string& found)
    : StoreError(found + kDamagedAdvice), found_(found) {}

void fail(const std::string& path, const SqliteError& error) {
    if (is_damage(error)) throw DamagedError(damage_of(path, error));
    throw StoreError(explain(path, error));
}

std::string explain(const std::string& path, const SqliteError& error) {
    const std::string what = error.what();
    switch (error.primary_code()) {
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return damage_of(path, error) + kDamagedAdvice;
        case SQLITE_FULL:
            return path + ": no space left on its disk; make room, or set --state-dir";
        case SQLITE_READONLY:
        case SQLITE_PERM:
        case SQLITE_AUTH:
            return path + " cannot be written (" + what +
                   "); give this user write access to it and its directory, or set --state-dir";
        case SQLITE_CANTOPEN:
            return path + " cannot be opened (" + what +
                   "); see the rights of the file and its directory, or set --state-dir";
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return path + " is in use by another process; stop it, or set --state-dir";
        case SQLITE_IOERR:
            return path + ": its disk fails (" + what + "); see the kernel's log";
        default:
            return path + " cannot be used: " + what;
    }
}

}  // namespace reginfo
