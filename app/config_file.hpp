/// @file
/// A TOML file to a list of settings, each with its line. Knows no keys.
#pragma once

#include "app/config_key.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace reginfo {

/// One setting of the file, or the head of a section.
struct FileSetting {
    std::string section;  ///< empty for a key in front of the first section
    std::string name;     ///< empty for the section itself
    RawValue value;
    std::size_t line = 0;
};

/// Reads and parses the file; settings come in the order of their lines.
/// @throw ConfigError  it cannot be read, is over 1 MiB, or is not TOML
std::vector<FileSetting> read_config_file(const std::string& path);

/// The same of a text.
/// @param path  what errors call it
std::vector<FileSetting> parse_config_text(std::string_view text, const std::string& path);

}  // namespace reginfo
