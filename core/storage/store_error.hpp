/// @file
/// Errors of the file of a store, for people.
#pragma once

#include "core/storage/sqlite_connection.hpp"

#include <string>

namespace reginfo {

/// One line: the error, the file, and what to do.
std::string explain(const std::string& path, const SqliteError& error);

/// @throw StoreError  with that line; DamagedError if the file is damaged
[[noreturn]] void fail(const std::string& path, const SqliteError& error);

}  // namespace reginfo
