/// @file
/// Properties of RapidCheck whose number of runs and seed are their own.
#pragma once

#include <gtest/gtest.h>

#include <rapidcheck.h>
#include <rapidcheck/detail/TestListenerAdapter.h>

#include <cstdint>
#include <cstdlib>
#include <random>
#include <sstream>
#include <string>
#include <utility>

namespace reginfo::test {

/// A short run has a fixed seed, so that its result depends on the change alone. A long one has a
/// random seed. What is given has the last word.
///
/// @param short_run  as RC_PARAMS is written
/// @param runs       that a long run is to make; null: it is a short one
/// @param given      RC_PARAMS; null: none
inline rc::detail::Configuration property_configuration(
    const std::string& short_run,
    const char* runs,
    const char* given
) {
    rc::detail::Configuration configuration = rc::detail::configFromString(short_run);
    if (runs != nullptr) {
        std::random_device chance;
        configuration.testParams.seed = std::uint64_t{chance()} << 32U | chance();
        configuration.testParams.maxSuccess = std::stoi(runs);
    }
    return given == nullptr ? configuration : rc::detail::configFromString(given, configuration);
}

/// Fails the test of GoogleTest that runs with the shrunk counterexample, and with what RC_PARAMS
/// has to be to repeat just that. RapidCheck reads RC_PARAMS once in a process and has it for all:
/// so two tests of one process could not have their own, and the parameters are passed on here.
/// REGINFO_SIM_RUNS is the number of runs of a long run.
template <class Property>
void check_property(const std::string& short_run, Property&& property) {
    const auto* const info = ::testing::UnitTest::GetInstance()->current_test_info();
    rc::detail::TestMetadata metadata;
    metadata.id = std::string(info->test_suite_name()) + "/" + info->name();
    metadata.description = info->name();
    rc::detail::Configuration configuration = property_configuration(
        short_run, std::getenv("REGINFO_SIM_RUNS"), std::getenv("RC_PARAMS")
    );
    rc::detail::TestListenerAdapter nobody;
    const rc::detail::TestResult result = rc::detail::checkTestable(
        std::forward<Property>(property),
        metadata,
        configuration.testParams,
        nobody,
        configuration.reproduce
    );
    if (result.is<rc::detail::SuccessResult>()) return;

    std::ostringstream text;
    rc::detail::printResultMessage(result, text);
    if (result.is<rc::detail::FailureResult>()) {
        configuration.reproduce = {{metadata.id, result.get<rc::detail::FailureResult>().reproduce}
        };
    }
    FAIL() << text.str() << "\nRC_PARAMS=\"" << rc::detail::configToMinimalString(configuration)
           << "\"";
}

}  // namespace reginfo::test
