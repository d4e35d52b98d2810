/// @file
/// Disk space that is allocated before it is needed.
#pragma once

#include "core/storage/sqlite_connection.hpp"

#include <cstdint>
#include <string>

namespace reginfo {

/// A full disk must leave enough room to clean up. So the write-ahead log gets its space at the
/// start and keeps it, and a transaction that enlarges the database allocates the space before it
/// commits. Then the content of the log always fits into the database, the log can start again from
/// its beginning, and removed rows make room in the database, all without new space on the disk.
class DiskRoom {
public:
    /// @pre write-ahead logging is on
    DiskRoom(SqliteConnection& connection, const std::string& path);

    /// Allocates space for a database of so many pages. @throw SqliteError  SQLITE_FULL: the disk
    /// is full
    void require(std::int64_t pages);

private:
    SqliteConnection& connection_;
};

}  // namespace reginfo
