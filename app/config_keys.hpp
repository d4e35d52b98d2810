/// @file
/// The table of everything that can be configured.
#pragma once

#include "app/config_key.hpp"

#include <span>
#include <string_view>

namespace reginfo {

/// Every section and every key, in the order of the example file; keys of one section together.
std::span<const Section> all_sections();
std::span<const Key> all_keys();

/// Nothing (nullptr) if there is none of that path.
const Key* find_key(std::string_view path);

}  // namespace reginfo
