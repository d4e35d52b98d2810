/// @file
/// The command line.
#pragma once

#include "app/config.hpp"

#include <optional>
#include <string>
#include <vector>

namespace reginfo {

/// What the command line asks for.
struct CommandLine {
    enum class Action { serve, check_config, version, help };

    Action action = Action::serve;
    std::optional<std::string> config_file;
    FlagValues flags;
    std::string help;  ///< the text to print; with Action::help only
};

/// @param arguments  without the program's name
/// @throw ConfigError
CommandLine parse_command_line(std::vector<std::string> arguments);

/// The variables of this process that begin with REGINFOD_.
Environment read_environment(const char* const* variables);

}  // namespace reginfo
