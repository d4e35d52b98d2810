/// @file
/// How much memory the process may take.
#pragma once

#include "app/config.hpp"

#include <cstdint>
#include <filesystem>

namespace reginfo {

/// What there is for this process: the least of the machine's memory and of what its control group
/// and those around it are allowed (cgroup v2 memory.max, v1 memory.limit_in_bytes). 0 if nothing
/// of it can be read.
/// @param root  where the file system begins; another one in tests
std::uint64_t available_memory(const std::filesystem::path& root = "/");

/// Gives limits.memory_bytes its value where it is "auto": three quarters of that, and of the
/// resource limits of address space and data (ulimit -v, -d).
void fit_memory(Config& config);

}  // namespace reginfo
