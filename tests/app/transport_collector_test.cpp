/// @file
/// The transport's counters as metrics.

#include "app/transport_collector.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/text_serializer.h>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <set>
#include <sstream>
#include <string>

namespace reginfo {
namespace {

std::string text_of(const TransportStats& stats) {
    const TransportCollector collector([&]() -> const TransportStats& { return stats; });
    return prometheus::TextSerializer().Serialize(collector.Collect());
}

// Each number is given a value of its own, and each must come out; durations are in seconds.
TEST(TransportCollector, NoCounterIsForgotten) {
    std::array<std::uint64_t, sizeof(TransportStats) / sizeof(std::uint64_t)> words{};
    std::iota(words.begin(), words.end(), 1U);
    for (std::uint64_t& word : words) word *= 1'000'000U;
    const auto stats = std::bit_cast<TransportStats>(words);

    std::multiset<std::string> values;
    std::istringstream lines(text_of(stats));
    for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with('#')) values.insert(line.substr(line.rfind(' ') + 1));
    }

    EXPECT_EQ(values.size(), words.size());
    for (std::size_t i = 0; i < words.size(); ++i) {
        const bool is_found = values.contains(std::to_string(words[i])) ||
                              values.contains(std::to_string(words[i] / 1'000'000U));
        EXPECT_TRUE(is_found) << "word " << i << " of TransportStats";
    }
}

TEST(TransportCollector, PromtoolFindsNothingToSay) {
    if (std::system("promtool --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "no promtool";
    const std::string text = text_of({});
    std::FILE* promtool = ::popen("promtool check metrics", "w");
    ASSERT_NE(promtool, nullptr);
    std::fwrite(text.data(), 1, text.size(), promtool);

    EXPECT_EQ(::pclose(promtool), 0);
}

}  // namespace
}  // namespace reginfo
