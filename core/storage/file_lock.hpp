/// @file
/// Keeps other processes from the file of a store.
#pragma once

#include <string>

namespace reginfo {

/// The lock of this process on a file, for as long as the object exists.
class FileLock {
public:
    /// @throw StoreError  another process has the lock, or the lock file cannot be created
    explicit FileLock(const std::string& path);
    ~FileLock();
    FileLock(const FileLock&) = delete;
    FileLock& operator=(const FileLock&) = delete;

private:
    int file_ = -1;
};

}  // namespace reginfo
