/// @file

#include "core/storage/store_error.hpp"

#include "core/storage/record_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>

namespace reginfo {
namespace {

std::string text_of(int error) { return std::generic_category().message(error); }

/// The process that wrote its number into the lock file; empty if none did.
std::string owner_of(int file) {
    std::array<char, 16> text{};
    const ssize_t size = ::pread(file, text.data(), text.size() - 1, 0);
    std::string owner(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
    while (!owner.empty() && owner.back() == '\n') owner.pop_back();
    return owner;
}

}  // namespace

std::string explain(const std::string& path, const SqliteError& error) {
    const std::string what = error.what();
    switch (error.primary_code()) {
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return path + " is damaged (" + what +
                   "); look with \"reginfod state check\", save what can be read with "
                   "\"reginfod state dump\", or move it away to start empty";
        case SQLITE_FULL:
            return path + ": no space left on its disk; make room, or set --state-dir";
        case SQLITE_READONLY:
        case SQLITE_PERM:
        case SQLITE_AUTH:
            return path + " cannot be written (" + what +
                   "); give this user write access to it and its directory, or set --state-dir";
        case SQLITE_CANTOPEN:
            return path + " cannot be opened (" + what +
                   "); see the rights of the file and its directory, or set --state-dir";
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return path + " is in use by another process; stop it, or set --state-dir";
        case SQLITE_IOERR:
            return path + ": its disk fails (" + what + "); see the kernel's log";
        default:
            return path + " cannot be used: " + what;
    }
}

FileLock::FileLock(const std::string& path) {
    const std::filesystem::path directory = std::filesystem::path(path).parent_path();
    std::error_code failed;
    if (!directory.empty()) std::filesystem::create_directories(directory, failed);
    if (failed) {
        throw StoreError(
            "cannot make the state directory " + directory.string() + ": " + failed.message() +
            "; set --state-dir to one that this user may write"
        );
    }
    const std::string lock = path + ".lock";
    file_ = ::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (file_ < 0) {
        throw StoreError(
            lock + " cannot be opened: " + text_of(errno) +
            "; give this user write access to the directory, or set --state-dir"
        );
    }
    if (::flock(file_, LOCK_EX | LOCK_NB) != 0) {
        const std::string owner = owner_of(file_);
        ::close(file_);
        throw StoreError(
            path + " is in use by another reginfod" + (owner.empty() ? "" : ", process " + owner) +
            "; stop it, or give each its own --state-dir"
        );
    }
    const std::string self = std::to_string(::getpid()) + "\n";
    if (::ftruncate(file_, 0) == 0 && ::pwrite(file_, self.data(), self.size(), 0) < 0) return;
}

FileLock::~FileLock() { ::close(file_); }

}  // namespace reginfo
