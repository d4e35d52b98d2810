/// @file

#include "tests/storage/faulty_vfs.hpp"

#include <sqlite3.h>

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

int write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
    ++faults.writes;
    if (faults.full) return SQLITE_FULL;
    if (faults.write_error) return SQLITE_IOERR_WRITE;
    if (faults.torn_write) {
        real(file)->pMethods->xWrite(real(file), bytes, size / 2, offset);
        return SQLITE_IOERR_WRITE;
    }
    return real(file)->pMethods->xWrite(real(file), bytes, size, offset);
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
    [](sqlite3_file* f, sqlite3_int64 size) { return real(f)->pMethods->xTruncate(real(f), size); },
    sync,
    [](sqlite3_file* f, sqlite3_int64* size) {
        return real(f)->pMethods->xFileSize(real(f), size);
    },
    [](sqlite3_file* f, int lock) { return real(f)->pMethods->xLock(real(f), lock); },
    [](sqlite3_file* f, int lock) { return real(f)->pMethods->xUnlock(real(f), lock); },
    [](sqlite3_file* f, int* out) { return real(f)->pMethods->xCheckReservedLock(real(f), out); },
    [](sqlite3_file* f, int op, void* arg) {
        return real(f)->pMethods->xFileControl(real(f), op, arg);
    },
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

sqlite3_vfs make_vfs() {
    sqlite3_vfs* const below = sqlite3_vfs_find(nullptr);
    sqlite3_vfs vfs = *below;
    vfs.pNext = nullptr;
    vfs.zName = kFaultyVfs;
    vfs.pAppData = below;
    vfs.szOsFile = static_cast<int>(sizeof(File)) + below->szOsFile;
    vfs.xOpen = open;
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
