/// @file
/// What went wrong with a store's file, for people.
#pragma once

#include "core/storage/sqlite_connection.hpp"

#include <string>

namespace reginfo {

/// One line: what, where, and what to do.
std::string explain(const std::string& path, const SqliteError& error);

/// @throw StoreError  with that line; DamagedError if the file is
[[noreturn]] void fail(const std::string& path, const SqliteError& error);

}  // namespace reginfo
