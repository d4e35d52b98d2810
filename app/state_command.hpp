/// @file
/// "reginfod state VERB" from the command line.
#pragma once

#include "app/command_line.hpp"
#include "app/config.hpp"

#include <stdexcept>

namespace reginfo {

/// What was asked for could not be done, or the state is not sound; what() is one line with the
/// reason.
class StateCommandError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// @throw StateCommandError; ConfigError if there can be no state
void run_state_command(const CommandLine::State& command, const Config& config);

}  // namespace reginfo
