/// @file
/// Which release this is.
#pragma once

#include <string_view>

namespace reginfo {

/// "0.1.0", as the build has it.
std::string_view version();

}  // namespace reginfo
