/// @file
/// A disk that fails on request: a VFS of SQLite in front of the real one.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

namespace reginfo::test {

/// The faults from the next call on, until they are reset. Written by the test, read by the thread
/// that writes to the file.
struct DiskFaults {
    std::atomic<bool> full = false;         ///< writes: no space left
    std::atomic<bool> write_error = false;  ///< writes: I/O error
    std::atomic<bool> torn_write = false;   ///< writes: half of it arrives, then an I/O error
    std::atomic<bool> sync_error = false;   ///< fsync: I/O error
    /// Bytes by which files may still grow; shortened files return theirs. Negative: any number.
    std::atomic<std::int64_t> room = -1;
    std::atomic<std::uint64_t> writes = 0;
    std::atomic<std::uint64_t> syncs = 0;
};

/// Registers the VFS of that name once; the faults are one for the process.
DiskFaults& faulty_disk();
inline constexpr const char* kFaultyVfs = "faulty";

}  // namespace reginfo::test
