/// @file
/// Each property has its own number of runs, whatever other properties of the process have.

#include "tests/support/property.hpp"

#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <rapidcheck.h>

#include <cstdlib>
#include <optional>
#include <string>

namespace reginfo::test {
namespace {

class PropertyTest : public ::testing::Test {
protected:
    PropertyTest() {
        for (const char* name : {"RC_PARAMS", "REGINFO_SIM_RUNS"}) ::unsetenv(name);
    }
    static int runs_of(const std::string& short_run) {
        int runs = 0;
        check_property(short_run, [&](int) { ++runs; });
        return runs;
    }
};

TEST_F(PropertyTest, EachHasTheRunsThatItAskedFor) {
    EXPECT_EQ(runs_of("max_success=3 seed=1"), 3);
    EXPECT_EQ(runs_of("max_success=7 seed=2"), 7);
    EXPECT_EQ(std::getenv("RC_PARAMS"), nullptr) << "others of the process have what they had";
}

TEST_F(PropertyTest, ALongRunHasAnotherSeed) {
    const auto configuration = property_configuration("max_success=3 seed=1", "20", nullptr);
    EXPECT_EQ(configuration.testParams.maxSuccess, 20);
    EXPECT_NE(configuration.testParams.seed, 1U);
}

TEST_F(PropertyTest, WhatIsGivenCounts) {
    const auto configuration = property_configuration("max_success=3 seed=1", nullptr, "seed=7");
    EXPECT_EQ(configuration.testParams.maxSuccess, 3);
    EXPECT_EQ(configuration.testParams.seed, 7U);
}

TEST_F(PropertyTest, AFailureSaysHowItIsRepeated) {
    static const auto kFails = [](int number) { RC_ASSERT(number < 5); };
    EXPECT_FATAL_FAILURE(check_property("max_success=200 seed=1", kFails), "reproduce=");
}

}  // namespace
}  // namespace reginfo::test
