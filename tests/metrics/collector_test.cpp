/// @file
/// The output of /metrics.

#include "metrics/collector.hpp"

#include "metrics/process_collector.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/text_serializer.h>

#include <array>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <numeric>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace reginfo::metrics {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string text_of(const Stats& stats) {
    const CoreCollector collector([&]() -> const Stats& { return stats; }, "1.2.3");
    return prometheus::TextSerializer().Serialize(collector.Collect());
}

TEST(CoreCollector, ACounterOfTheCoreIsASeries) {
    Stats stats;
    stats.publications_created = 7;
    stats.contacts_active = 3;
    stats.requests_received[index_of(sip::Method::publish)][1] = 5;
    stats.refused_by_bound[index_of(Bound::document)] = 2;
    stats.notify_outcomes[index_of(NotifyOutcome::timed_out)] = 4;

    const std::string text = text_of(stats);

    EXPECT_THAT(
        text, HasSubstr("\nreginfod_publication_operations_total{operation=\"created\"} 7\n")
    );
    EXPECT_THAT(text, HasSubstr("\nreginfod_contacts{state=\"active\"} 3\n"));
    EXPECT_THAT(
        text,
        HasSubstr("\nreginfod_sip_requests_received_total{method=\"PUBLISH\",transport=\"tcp\"} 5\n"
        )
    );
    EXPECT_THAT(text, HasSubstr("\nreginfod_refused_total{bound=\"document\"} 2\n"));
    EXPECT_THAT(text, HasSubstr("\nreginfod_notify_outcomes_total{outcome=\"timed_out\"} 4\n"));
    EXPECT_THAT(text, HasSubstr("reginfod_build_info{version=\"1.2.3\"} 1\n"));
}

TEST(CoreCollector, OnlyResponsesThatWereSentAreSeries) {
    Stats stats;
    stats.responses_sent[index_of(sip::Method::subscribe)][1][489] = 6;

    const std::string text = text_of(stats);

    EXPECT_THAT(
        text,
        HasSubstr("reginfod_sip_responses_sent_total{method=\"SUBSCRIBE\",code=\"489\",transport="
                  "\"tcp\"} 6\n")
    );
    EXPECT_THAT(text, Not(HasSubstr("code=\"200\"")));
}

TEST(CoreCollector, EveryFamilyStandsOnceAndEverySeriesToo) {
    Stats stats;
    stats.responses_sent[index_of(sip::Method::subscribe)][0][200] = 1;
    stats.responses_sent[index_of(sip::Method::publish)][0][200] = 1;
    stats.notify_responses_received[0][200] = 1;
    const CoreCollector collector([&]() -> const Stats& { return stats; }, "1.2.3");

    std::set<std::string> names;
    for (const prometheus::MetricFamily& family : collector.Collect()) {
        EXPECT_TRUE(names.insert(family.name).second) << family.name;
        std::set<std::vector<prometheus::ClientMetric::Label>> labels;
        for (const auto& metric : family.metric) {
            EXPECT_TRUE(labels.insert(metric.label).second) << family.name;
        }
    }
}

// Each number of Stats is given a value of its own, and each must come out.
TEST(CoreCollector, NoCounterIsForgotten) {
    using Words = std::array<std::uint64_t, sizeof(Stats) / sizeof(std::uint64_t)>;
    constexpr std::size_t no_error = offsetof(Stats, parse_errors) / sizeof(std::uint64_t);
    auto words = std::make_unique<Words>();
    std::iota(words->begin(), words->end(), 1'000'000U);
    const auto stats = std::make_unique<Stats>(std::bit_cast<Stats>(*words));
    // In another form: the sum by profile, and histograms, whose buckets are cumulative.
    std::set<std::size_t> otherwise{no_error, offsetof(Stats, subscriptions) / 8};
    for (const std::size_t at :
         {offsetof(Stats, publish_to_notify), offsetof(Stats, publish_to_answer)}) {
        for (std::size_t i = 0; i < sizeof(Histogram) / 8; ++i) otherwise.insert(at / 8 + i);
    }

    const std::string text = text_of(*stats);

    std::set<std::string> values;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        values.insert(line.substr(line.rfind(' ') + 1));
    }
    for (std::size_t i = 0; i < words->size(); ++i) {
        if (otherwise.contains(i)) continue;
        EXPECT_TRUE(values.contains(std::to_string((*words)[i]))) << "word " << i << " of Stats";
    }
}

TEST(CoreCollector, AHistogramHasCumulativeBucketsInSeconds) {
    Stats stats;
    stats.publish_to_notify.observe(std::chrono::microseconds{100});
    stats.publish_to_notify.observe(std::chrono::microseconds{101});
    stats.publish_to_notify.observe(std::chrono::minutes{2});

    const std::string text = text_of(stats);

    const std::string name = "\nreginfod_publish_to_notify_seconds";
    EXPECT_THAT(text, HasSubstr(name + "_bucket{le=\"0.0001\"} 1\n"));
    EXPECT_THAT(text, HasSubstr(name + "_bucket{le=\"0.00025\"} 2\n"));
    EXPECT_THAT(text, HasSubstr(name + "_bucket{le=\"60\"} 2\n"));
    EXPECT_THAT(text, HasSubstr(name + "_bucket{le=\"+Inf\"} 3\n"));
    EXPECT_THAT(text, HasSubstr(name + "_count 3\n"));
}

TEST(ProcessCollector, ThisProcessUsesMemoryAndHasOpenFiles) {
    const std::string text = prometheus::TextSerializer().Serialize(ProcessCollector().Collect());

    for (const char* name :
         {"process_cpu_seconds_total",
          "process_resident_memory_bytes",
          "process_open_fds",
          "process_start_time_seconds",
          "process_max_fds"}) {
        EXPECT_THAT(text, HasSubstr("\n" + std::string(name) + " "));
    }
    EXPECT_THAT(text, Not(HasSubstr("process_resident_memory_bytes 0\n")));
}

TEST(CoreCollector, PromtoolFindsNothingToSay) {
    if (std::system("promtool --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "no promtool";
    Stats stats;
    stats.responses_sent[index_of(sip::Method::publish)][0][200] = 1;
    stats.notify_responses_received[0][200] = 1;
    const std::string path = ::testing::TempDir() + "reginfod_promtool.txt";
    std::FILE* promtool = ::popen(("promtool check metrics >" + path + " 2>&1").c_str(), "w");
    ASSERT_NE(promtool, nullptr);
    const std::string text =
        text_of(stats) + prometheus::TextSerializer().Serialize(ProcessCollector().Collect());
    std::fwrite(text.data(), 1, text.size(), promtool);

    const int status = ::pclose(promtool);

    std::string said(4096, '\0');
    std::FILE* output = std::fopen(path.c_str(), "r");
    said.resize(std::fread(said.data(), 1, said.size(), output));
    std::fclose(output);
    EXPECT_EQ(status, 0);
    EXPECT_EQ(said, "");
}

}  // namespace
}  // namespace reginfo::metrics
