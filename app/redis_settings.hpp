/// @file
/// How a node uses its Redis.
#pragma once

#include "app/config.hpp"

namespace reginfo {

/// The configured options, with what is not configured filled in: the name of the host, a cluster
/// for the case that there is none, and what "auto" comes to. Without an incarnation.
/// @throw ConfigError  files for TLS cannot be used
RedisOptions redis_options_of(const Config& config);

}  // namespace reginfo
