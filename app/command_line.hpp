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
    enum class Action { serve, check_config, check_health, version, help, state };

    Action action = Action::serve;
    std::optional<std::string> config_file;
    FlagValues flags;
    std::string help;  ///< the text to print; with Action::help only

    /// With Action::state: what to do with the file of a server that is stopped.
    struct State {
        enum class Verb { dump, load, check, import };
        Verb verb = Verb::check;
        std::string file;    ///< to read or write; empty: standard input or output
        std::string domain;  ///< of an import
    } state;
};

/// @param arguments  without the program's name
/// @throw ConfigError
CommandLine parse_command_line(const std::vector<std::string>& arguments);

/// The variables of this process that begin with REGINFOD_.
Environment read_environment(const char* const* variables);

}  // namespace reginfo
