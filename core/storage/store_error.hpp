/// @file
/// Errors of a store, for people.
#pragma once

#include <stdexcept>
#include <string>

namespace reginfo {

class SqliteError;

/// A store cannot be used. what() is one line: the error, the place, and what to do.
class StoreError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// The file of a store is damaged.
class DamagedError : public StoreError {
public:
    explicit DamagedError(const std::string& found);
    /// The damage alone, without what to do, for a caller that only checks the file.
    const std::string& found() const { return found_; }

private:
    std::string found_;
};

/// One line: the error, the file, and what to do.
std::string explain(const std::string& path, const SqliteError& error);

/// @throw StoreError  with that line; DamagedError if the file is damaged
[[noreturn]] void fail(const std::string& path, const SqliteError& error);

}  // namespace reginfo
