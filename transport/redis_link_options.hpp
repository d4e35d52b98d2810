/// @file
/// Where the store in Redis is found.
#pragma once

#include "core/base/time.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace reginfo {

struct RedisLinkOptions {
    std::vector<std::string> servers = {};    ///< "host:port" or "unix:/path"; tried in turn
    std::vector<std::string> sentinels = {};  ///< "host:port"; then servers are not used
    std::string master = "reginfod";          ///< the name that Sentinels have for the primary
    std::string password = {};                ///< for Sentinels that want one
    Duration connect_timeout = std::chrono::seconds{1};
};

}  // namespace reginfo
