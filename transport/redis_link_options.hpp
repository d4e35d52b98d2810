/// @file
/// Where the store in Redis is found.
#pragma once

#include "core/base/time.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace reginfo {

/// Files in PEM; a path that is empty is none.
struct RedisTlsOptions {
    bool is_on = false;
    std::string ca = {};           ///< certificates that are trusted; none: those of the system
    std::string certificate = {};  ///< of this node, with the chain behind it
    std::string key = {};          ///< of that certificate
};

struct RedisLinkOptions {
    std::vector<std::string> servers = {};    ///< "host:port" or "unix:/path"; tried in turn
    std::vector<std::string> sentinels = {};  ///< "host:port"; then servers are not used
    std::string master = "reginfod";          ///< the name that Sentinels have for the primary
    std::string password = {};                ///< for Sentinels that want one
    Duration connect_timeout = std::chrono::seconds{1};
    RedisTlsOptions tls = {};  ///< to servers and to Sentinels
};

}  // namespace reginfo
