/// @file

#include "tests/storage/faulty_vfs.hpp"

#include <sqlite3.h>

#include <filesystem>
#include <system_error>

namespace reginfo::test {
namespace {

DiskFaults faults;

/// SQLite allocates szOsFile bytes: ours, and behind them those of the real file.
struct File {
    sqlite3_file base;

    sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

File* of(sqlite3_file* file) { return reinterpret_cast<File*>(file); }
sqlite3_file* real(sqlite3_file* file) { return of(file)->real(); }

sqlite3_int64 size_of(sqlite3_file* file) {
    sqlite3_int64 size = 0;
    real(file)->pMethods->xFileSize(real(file), &size);
    return size;
}

/// Whether the file may become so long; then that is taken from the room.
bool take_room(sqlite3_file* file, sqlite3_int64 size) {
    const sqlite3_int64 growth = size - size_of(file);
    if (faults.room < 0 || growth <= 0) return true;
    if (growth > faults.room) return false;
    faults.room -= growth;
    return true;
}

int write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
    ++faults.writes;
    if (faults.full) return SQLITE_FULL;
    if (faults.write_error) return SQLITE_IOERR_WRITE;
    if (faults.torn_write) {
        real(file)->pMethods->xWrite(real(file), bytes, size / 2, offset);
        return SQLITE_IOERR_WRITE;
    }
    if (!take_room(file, offset + size)) return SQLITE_FULL;
    return real(file)->pMethods->xWrite(real(file), bytes, size, offset);
}

int truncate(sqlite3_file* file, sqlite3_int64 size) {
    const sqlite3_int64 before = size_of(file);
    const int code = real(file)->pMethods->xTruncate(real(file), size);
    if (faults.room >= 0) faults.room += before - size_of(file);
    return code;
}

int control(sqlite3_file* file, int operation, void* argument) {
    const bool extends = operation == SQLITE_FCNTL_SIZE_HINT;
    if (extends && (faults.full || !take_room(file, *static_cast<sqlite3_int64*>(argument)))) {
        return SQLITE_IOERR_WRITE;
    }
    return real(file)->pMethods->xFileControl(real(file), operation, argument);
}

int sync(sqlite3_file* file, int flags) {
    ++faults.syncs;
    if (faults.sync_error) return SQLITE_IOERR_FSYNC;
    return real(file)->pMethods->xSync(real(file), flags);
}

constexpr sqlite3_io_methods kMethods{
    1,
    [](sqlite3_file* f) { return real(f)->pMethods->xClose(real(f)); },
    [](sqlite3_file* f, void* b, int n, sqlite3_int64 at) {
        return real(f)->pMethods->xRead(real(f), b, n, at);
    },
    write,
    truncate,
    sync,
    [](sqlite3_file* f, sqlite3_int64* size) {
        return real(f)->pMethods->xFileSize(real(f), size);
    },
    [](sqlite3_file* f, int lock) { return real(f)->pMethods->xLock(real(f), lock); },
    [](sqlite3_file* f, int lock) { return real(f)->pMethods->xUnlock(real(f), lock); },
    [](sqlite3_file* f, int* out) { return real(f)->pMethods->xCheckReservedLock(real(f), out); },
    control,
    [](sqlite3_file* f) { return real(f)->pMethods->xSectorSize(real(f)); },
    [](sqlite3_file* f) { return real(f)->pMethods->xDeviceCharacteristics(real(f)); },
    nullptr,
    nullptr,
    nullptr,
    nullptr,
    nullptr,
    nullptr,
};

int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out) {
    auto* const below = static_cast<sqlite3_vfs*>(vfs->pAppData);
    file->pMethods = nullptr;
    const int code = below->xOpen(below, name, real(file), flags, out);
    if (real(file)->pMethods != nullptr) file->pMethods = &kMethods;
    return code;
}

int remove(sqlite3_vfs* vfs, const char* name, int sync_directory) {
    std::error_code failed;
    const std::uintmax_t size = std::filesystem::file_size(name, failed);
    if (faults.room >= 0 && !failed) faults.room += static_cast<std::int64_t>(size);
    auto* const below = static_cast<sqlite3_vfs*>(vfs->pAppData);
    return below->xDelete(below, name, sync_directory);
}

sqlite3_vfs make_vfs() {
    sqlite3_vfs* const below = sqlite3_vfs_find(nullptr);
    sqlite3_vfs vfs = *below;
    vfs.pNext = nullptr;
    vfs.zName = kFaultyVfs;
    vfs.pAppData = below;
    vfs.szOsFile = static_cast<int>(sizeof(File)) + below->szOsFile;
    vfs.xOpen = open;
    vfs.xDelete = remove;
    return vfs;
}

}  // namespace

DiskFaults& faulty_disk() {
    static sqlite3_vfs vfs = make_vfs();
    static const int registered = sqlite3_vfs_register(&vfs, 0);
    static_cast<void>(registered);
    return faults;
}

}  // namespace reginfo::test
