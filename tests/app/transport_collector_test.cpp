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
    auto stats = std::bit_cast<TransportStats>(words);
    stats.turns = {};
    stats.timer_lateness = {};

    std::multiset<std::string> values;
    std::istringstream lines(text_of(stats));
    for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with('#')) values.insert(line.substr(line.rfind(' ') + 1));
    }

    constexpr std::size_t begin = offsetof(TransportStats, turns) / sizeof(std::uint64_t);
    constexpr std::size_t end = offsetof(TransportStats, connections_open) / sizeof(std::uint64_t);
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (i >= begin && i < end) continue;  // durations; see below
        const bool is_found = values.contains(std::to_string(words[i])) ||
                              values.contains(std::to_string(words[i] / 1'000'000U));
        EXPECT_TRUE(is_found) << "word " << i << " of TransportStats";
    }
}

TEST(TransportCollector, DurationsAreHistogramsInSeconds) {
    TransportStats stats;
    stats.turns.add(std::chrono::milliseconds{5});
    stats.timer_lateness.add(std::chrono::milliseconds{20});

    const std::string text = text_of(stats);

    for (const char* line :
         {"reginfod_reactor_turn_seconds_bucket{le=\"0.0025\"} 0\n",
          "reginfod_reactor_turn_seconds_bucket{le=\"0.005\"} 1\n",
          "reginfod_reactor_turn_max_seconds 0.005\n",
          "reginfod_timer_lateness_seconds_sum 0.02\n"}) {
        EXPECT_NE(text.find(line), std::string::npos) << line;
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
