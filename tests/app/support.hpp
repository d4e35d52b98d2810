/// @file
/// What the tests of app/ share: a file with a configuration, and loading it.
#pragma once

#include "app/config.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <optional>
#include <string>

namespace reginfo::test {

/// Writes a file of this test's own and gives its path.
inline std::string write_file(const std::string& text) {
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    const std::string path =
        ::testing::TempDir() + test->test_suite_name() + "." + test->name() + ".toml";
    std::ofstream(path) << text;
    return path;
}

inline EffectiveConfig load_text(const std::string& toml) {
    return load_config(write_file(toml), {}, {});
}

/// The error of a configuration, without the directory of its file; empty if there is none.
inline std::string error_of(
    const std::optional<std::string>& toml,
    const Environment& environment = {},
    const FlagValues& flags = {}
) {
    std::optional<std::string> path;
    if (toml) path = write_file(*toml);
    try {
        load_config(path, environment, flags);
    } catch (const ConfigError& error) {
        std::string what = error.what();
        if (path && what.starts_with(*path)) what.replace(0, path->size(), "FILE");
        return what;
    }
    return "";
}

}  // namespace reginfo::test
