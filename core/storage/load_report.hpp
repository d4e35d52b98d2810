/// @file
/// What was found in the file of records when it was read.
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
    std::uint64_t unreadable = 0;  ///< whole, but the visitor could not read them
    std::uint64_t damaged = 0;     ///< their checksum is wrong; left out
    /// Changes that were acknowledged and are not there: the log was cut short.
    std::uint64_t missing = 0;
    std::string clocks;                 ///< what is odd about them; empty: nothing
    std::vector<std::string> findings;  ///< a line for each record that is left out, the first ones

    bool is_whole() const { return unreadable + damaged + missing == 0; }
    void note(const char* kind, std::string_view key, const char* what);
};

}  // namespace reginfo
