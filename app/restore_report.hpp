/// @file
/// What an operator is told of the state that was read, and of the clocks that it ages by.
#pragma once

#include "app/log.hpp"
#include "core/storage/record_file.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace reginfo {

/// One line with the numbers; before it what is missing, damaged or odd, a line each.
void tell_restored(
    Log& log,
    const LoadReport& report,
    std::chrono::milliseconds took,
    const std::string& file
);

/// @param step  SqliteStore::take_clock_step
void tell_clock_step(Log& log, std::optional<std::int64_t> step);

}  // namespace reginfo
