/// @file
/// Room on the disk that is taken before it is needed.
#pragma once

#include "core/storage/sqlite_connection.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace reginfo {

/// A full disk must leave enough room to clean up. So the write-ahead log has its room from the
/// start and keeps it, and a transaction that makes the database larger takes the room for that
/// before it is committed. Then what is in the log always fits into the database, the log can be
/// used again from its beginning, and what is removed from the database makes room in it, all
/// without a byte from the disk.
class DiskRoom {
public:
    /// @pre write-ahead logging is on
    DiskRoom(SqliteConnection& connection, const std::string& path);

    /// The database is to have so many pages. @throw SqliteError  SQLITE_FULL: there is no room
    void require(std::int64_t pages);

    std::size_t log_bytes() const { return log_bytes_; }

private:
    SqliteConnection& connection_;
    std::size_t log_bytes_ = 0;
};

}  // namespace reginfo
