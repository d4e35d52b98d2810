/// @file
/// The store that is configured, and where it keeps its file.
#pragma once

#include "app/config.hpp"
#include "core/storage/sqlite_store.hpp"

#include <string>

namespace reginfo {

/// The configured directory, else that of the XDG Base Directory Specification.
/// @throw StoreError  there is none
std::string state_directory(const Config::Storage& storage);

/// The file of the store in that directory. @throw StoreError
std::string state_file(const Config::Storage& storage);

/// How to open the file that is configured. @throw StoreError
RecordFileOptions file_options_of(const Config& config);

}  // namespace reginfo
