/// @file
/// Checks of a target: a finding prints its reason before the process ends.
#pragma once

#include <cstdlib>
#include <iostream>
#include <string_view>

namespace reginfo::fuzz {

inline void require(bool condition, std::string_view what, std::string_view detail = {}) {
    if (condition) return;
    std::cerr << "NOT SO: " << what << '\n' << detail << '\n';
    std::abort();
}

}  // namespace reginfo::fuzz
