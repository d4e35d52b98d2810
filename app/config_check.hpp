/// @file
/// Whether the values of a configuration fit together.
#pragma once

#include "app/config.hpp"

namespace reginfo {

/// Values by default give way to those that were set.
/// @throw ConfigError
void check_config(EffectiveConfig& effective);

}  // namespace reginfo
