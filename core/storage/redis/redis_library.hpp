/// @file
/// The functions that run in Redis (reginfod1.lua), as the text that Redis loads.
#pragma once

#include <cstdint>
#include <string_view>

namespace reginfo {

/// Made from reginfod1.lua by embed.cmake.
std::string_view redis_library_code();

/// Of that text. A Redis that has an earlier revision gets this one; a later one stays.
constexpr std::int64_t kRedisLibraryRevision = 3;

}  // namespace reginfo
