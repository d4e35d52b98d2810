/// @file

#pragma once

#include <chrono>

namespace reginfo::test {

inline constexpr auto kLong = std::chrono::seconds{30};  ///< longer than any test takes

}  // namespace reginfo::test
