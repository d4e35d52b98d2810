/// @file
/// The words that some keys take, and what they mean.
#pragma once

#include "app/config.hpp"

#include <array>
#include <string_view>
#include <utility>

namespace reginfo {

struct Untrusted {
    static constexpr std::string_view kAllowed = "\"ignore\" or \"forbid\"";
    static constexpr std::array<std::pair<std::string_view, bool>, 2> kValues{
        {{"ignore", false}, {"forbid", true}}
    };
};
struct Levels {
    static constexpr std::string_view kAllowed =
        "\"debug\", \"info\", \"warning\", \"error\" or \"off\"";
    static constexpr std::array<std::pair<std::string_view, LogLevel>, 5> kValues{
        {{"debug", LogLevel::debug},
         {"info", LogLevel::info},
         {"warning", LogLevel::warning},
         {"error", LogLevel::error},
         {"off", LogLevel::off}}
    };
};
struct Formats {
    static constexpr std::string_view kAllowed = "\"text\" or \"json\"";
    static constexpr std::array<std::pair<std::string_view, LogFormat>, 2> kValues{
        {{"text", LogFormat::text}, {"json", LogFormat::json}}
    };
};
struct Storages {
    static constexpr std::string_view kAllowed = "\"sqlite\", \"redis\" or \"memory\"";
    static constexpr std::array<std::pair<std::string_view, StorageKind>, 3> kValues{
        {{"sqlite", StorageKind::sqlite},
         {"redis", StorageKind::redis},
         {"memory", StorageKind::memory}}
    };
};
struct Syncs {
    static constexpr std::string_view kAllowed = "\"full\", \"normal\" or \"off\"";
    static constexpr std::array<std::pair<std::string_view, StorageSync>, 3> kValues{
        {{"full", StorageSync::full}, {"normal", StorageSync::normal}, {"off", StorageSync::off}}
    };
};

}  // namespace reginfo
