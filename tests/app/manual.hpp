/// @file
/// The manual page reginfod.toml(5), written from the table of keys.
#pragma once

#include <string>

namespace reginfo::test {

/// deploy/man/reginfod.toml.5: every section and key, with default, bounds and environment
/// variable.
std::string write_config_manual();

}  // namespace reginfo::test
