/// @file
/// The manual page of the configuration is up to date.

#include "tests/app/manual.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

namespace reginfo {
namespace {

TEST(Manual, OfTheConfigurationIsWrittenFromTheTable) {
    const std::string path = std::string(REGINFO_SOURCE_DIR) + "/deploy/man/reginfod.toml.5";
    std::ifstream file(path);
    const std::string text{std::istreambuf_iterator<char>(file), {}};

    const std::string expected = test::write_config_manual();

    const std::string made = ::testing::TempDir() + "reginfod.toml.5";
    std::ofstream(made) << expected;
    EXPECT_EQ(text, expected) << "to bring it up to date: cp " << made << " " << path;
}

}  // namespace
}  // namespace reginfo
