/// @file
/// What a configuration that was read anew changes in a running server.
#pragma once

#include "app/config.hpp"

#include <string>
#include <vector>

namespace reginfo {

struct Reload {
    Config config;                     ///< to be in force from now on
    std::vector<std::string> changed;  ///< keys whose values are others now
    std::vector<std::string> kept;     ///< keys that take a restart to change
};

/// Who is served, how long, how watchers are spoken to, every limit, the token of actions and the
/// level of the log can change; where sockets, files and timers were made from a key, it cannot.
Reload reload(const Config& running, const Config& fresh);

/// "a, b".
std::string joined(const std::vector<std::string>& names);

}  // namespace reginfo
