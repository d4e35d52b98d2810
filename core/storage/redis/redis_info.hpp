/// @file
/// What the reply to INFO says.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace reginfo {

/// The value of a line "name:value"; empty if there is none.
inline std::string_view info_value(std::string_view info, std::string_view name) {
    for (std::size_t start = 0; start < info.size();) {
        const std::size_t end = std::min(info.find("\r\n", start), info.size());
        const std::string_view line = info.substr(start, end - start);
        if (line.starts_with(name) && line.substr(name.size()).starts_with(':')) {
            return line.substr(name.size() + 1);
        }
        start = end + 2;
    }
    return {};
}

}  // namespace reginfo
