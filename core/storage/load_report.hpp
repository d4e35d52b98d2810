/// @file
/// The result of reading the file of records.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace reginfo {

struct LoadReport {
    std::uint64_t aors = 0;
    std::uint64_t dialogs = 0;
    std::uint64_t transactions = 0;
    std::uint64_t unreadable = 0;  ///< undamaged, but the visitor could not decode them
    std::uint64_t damaged = 0;     ///< with a wrong checksum; left out
    /// Acknowledged changes that are not in the file: the log was cut short.
    std::uint64_t missing = 0;
    std::string clocks;                 ///< a problem with the clocks; empty if there is none
    std::vector<std::string> findings;  ///< a line for each of the first records left out

    bool is_whole() const { return unreadable + damaged + missing == 0; }
    /// Of another part of the same records.
    void add(const LoadReport& part);
    void note(const char* kind, std::string_view key, const char* what);
};

}  // namespace reginfo
