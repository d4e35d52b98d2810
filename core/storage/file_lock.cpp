#include "core/storage/file_lock.hpp"

#include "core/storage/store_error.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>

namespace reginfo {
namespace {

std::string text_of(int error) { return std::generic_category().message(error); }

/// The process id in the lock file; empty if there is none.
std::string owner_of(int file) {
    std::array<char, 16> text{};
    const ssize_t size = ::pread(file, text.data(), text.size() - 1, 0);
    std::string owner(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
    while (!owner.empty() && owner.back() == '\n') owner.pop_back();
    return owner;
}

/// Creates the directory for its owner only: its files have the addresses of users. An existing
/// directory and its parents stay unchanged.
std::error_code make_private(const std::filesystem::path& directory) {
    std::error_code failed;
    if (std::filesystem::is_directory(directory, failed)) return {};
    failed.clear();
    const std::filesystem::path parent = directory.parent_path();
    if (!parent.empty()) std::filesystem::create_directories(parent, failed);
    if (failed || ::mkdir(directory.c_str(), 0700) == 0) return failed;
    const std::error_code why(errno, std::generic_category());
    return std::filesystem::is_directory(directory, failed) ? std::error_code() : why;
}

}  // namespace

FileLock::FileLock(const std::string& path) {
    const std::filesystem::path directory = std::filesystem::path(path).parent_path();
    const std::error_code failed = directory.empty() ? std::error_code() : make_private(directory);
    if (failed) {
        throw StoreError(
            "cannot make the state directory " + directory.string() + ": " + failed.message() +
            "; set --state-dir to one that this user may write"
        );
    }
    const std::string lock = path + ".lock";
    file_ = ::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
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
