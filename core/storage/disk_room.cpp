/// @file

#include "core/storage/disk_room.hpp"

#include "core/storage/sqlite_error.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace reginfo {
namespace {

constexpr std::int64_t kPageBytes = 4096;

/// The log is overwritten from its beginning once it has kCheckpointPages. A transaction of
/// RecordFile fits behind them.
constexpr std::size_t kLogBytes = std::size_t{24} << 20U;
constexpr std::size_t kCheckpointPages = 4000;

constexpr std::int64_t kGrowth = std::int64_t{1} << 18U;  ///< the database grows by

/// At most an eighth of the disk, so that a small disk has room for the database.
std::size_t log_bytes_for(const std::string& path) {
    std::error_code failed;
    const auto disk = std::filesystem::space(std::filesystem::absolute(path).parent_path(), failed);
    const std::uintmax_t available = failed ? 0 : disk.available;
    const std::uintmax_t present = std::filesystem::file_size(path + "-wal", failed);
    const std::uintmax_t wanted = std::max(available / 8, failed ? 0 : present);
    return static_cast<std::size_t>(std::clamp<std::uintmax_t>(wanted, 1U << 17U, kLogBytes));
}

sqlite3_file* file_of(const SqliteConnection& connection, int which) {
    sqlite3_file* file = nullptr;
    sqlite3_file_control(connection.handle(), "main", which, static_cast<void*>(&file));
    return file != nullptr && file->pMethods != nullptr ? file : nullptr;
}

/// Returns whether the file has that size now. Writes bytes where posix_fallocate() is missing.
bool extend(sqlite3_file* file, std::int64_t bytes) {
    sqlite3_int64 size = bytes;
    return file->pMethods->xFileControl(file, SQLITE_FCNTL_SIZE_HINT, &size) == SQLITE_OK &&
           file->pMethods->xFileSize(file, &size) == SQLITE_OK && size >= bytes;
}

/// SQLite then extends and shortens the file to multiples of this.
void set_chunk(sqlite3_file* file, std::size_t bytes) {
    int chunk = static_cast<int>(bytes);
    file->pMethods->xFileControl(file, SQLITE_FCNTL_CHUNK_SIZE, &chunk);
}

/// Not by SQLite, which may be built without posix_fallocate() and then writes a byte to each page.
void allocate(const std::string& path, std::size_t bytes) {
    const int file = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    if (file < 0) return;
    ::posix_fallocate(file, 0, static_cast<off_t>(bytes));
    ::close(file);
}

}  // namespace

DiskRoom::DiskRoom(SqliteConnection& connection, const std::string& path)
    : connection_(connection) {
    const std::size_t log_bytes = log_bytes_for(path);
    const std::size_t pages =
        std::min(kCheckpointPages, log_bytes / 3 * 2 / static_cast<std::size_t>(kPageBytes));
    connection_.execute(("PRAGMA wal_autocheckpoint=" + std::to_string(pages)).c_str());
    connection_.execute(("PRAGMA journal_size_limit=" + std::to_string(log_bytes)).c_str());
    if (sqlite3_file* const log = file_of(connection_, SQLITE_FCNTL_JOURNAL_POINTER)) {
        set_chunk(log, log_bytes);
        allocate(path + "-wal", log_bytes);
        extend(log, static_cast<std::int64_t>(log_bytes));
    }
    if (sqlite3_file* const file = file_of(connection_, SQLITE_FCNTL_FILE_POINTER)) {
        set_chunk(file, static_cast<std::size_t>(kPageBytes));
    }
}

void DiskRoom::require(std::int64_t pages) {
    sqlite3_file* const file = file_of(connection_, SQLITE_FCNTL_FILE_POINTER);
    sqlite3_int64 size = 0;
    if (file == nullptr || file->pMethods->xFileSize(file, &size) != SQLITE_OK) return;
    const std::int64_t needed = pages * kPageBytes;
    if (size >= needed) return;
    const std::int64_t rounded = (needed + kGrowth - 1) / kGrowth * kGrowth;
    if (extend(file, rounded) || extend(file, needed)) return;
    throw SqliteError(SQLITE_FULL, "database or disk is full");
}

}  // namespace reginfo
