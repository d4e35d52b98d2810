/// @file
/// What must not be guessed, or happen twice: from the random source of the system.
#pragma once

#include "core/base/token_source.hpp"

#include <cstdint>
#include <string>

namespace reginfo {

std::uint64_t random_number();

/// For tags, branches and entity-tags.
Seed random_seed();

/// So many hexadecimal digits, 16 at most.
std::string random_name(int digits);

}  // namespace reginfo
