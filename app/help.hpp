/// @file
/// The text of --help.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace reginfo {

/// A subcommand of "state", and the file that it takes; empty if none.
struct StateVerb {
    std::string_view name;
    std::string_view meaning;
    std::string_view file = {};
};

std::span<const StateVerb> state_verbs();

/// Of the program as a whole. No line is longer than 80 columns, here and below.
std::string help_text();

/// Of "reginfod state".
std::string state_help_text();

/// Of "reginfod state VERB".
std::string state_help_text(const StateVerb& verb);

}  // namespace reginfo
