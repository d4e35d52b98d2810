/// @file
/// How the side port is served.
#pragma once

#include "core/base/time.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace reginfo::metrics {

struct HttpOptions {
    std::vector<std::string> hosts;  ///< accepted in Host besides addresses and localhost
    std::size_t connections = 256;   ///< of which those that wait give way (HttpPlaces)
    std::size_t connections_per_peer = 64;
    Duration request_timeout = std::chrono::seconds{10};
    Duration idle_timeout = std::chrono::seconds{75};
    std::uint32_t header_bytes = 8'192;
    std::uint64_t body_bytes = 65'536;
    std::size_t target_bytes = 2'048;
    std::function<void(std::string)> fault = nullptr;  ///< told of exceptions; none: nobody is
};

}  // namespace reginfo::metrics
