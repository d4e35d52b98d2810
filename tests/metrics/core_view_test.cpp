/// @file
/// What makes a cheap view of the core: slots, ages of queues, histograms.

#include "core/base/histogram.hpp"
#include "core/base/slot_table.hpp"
#include "core/event/records/queue_ages.hpp"
#include "metrics/gzip.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace reginfo {
namespace {

using namespace std::chrono_literals;

TimePoint at(Duration time) { return TimePoint{time}; }

TEST(SlotTable, AThingKeepsItsSlotAndAFreeSlotIsUsedAgain) {
    SlotTable<int> table;
    int a = 1;
    int b = 2;
    int c = 3;
    const Slot first = table.add(a);
    const Slot second = table.add(b);

    table.remove(first);

    EXPECT_EQ(table.at(first), nullptr);
    EXPECT_EQ(table.at(second), &b);
    EXPECT_EQ(table.add(c), first);
    EXPECT_EQ(table.end(), 2U);
    EXPECT_EQ(table.at(7), nullptr);
}

TEST(QueueAges, TheOldestIsTheFirstEnteredOfThoseLeft) {
    QueueAges ages;
    EXPECT_EQ(ages.oldest(at(100s)), 0s);
    const auto first = ages.entered(at(100s));
    const auto same = ages.entered(at(100s));
    const auto later = ages.entered(at(103s));

    ages.left(first);
    EXPECT_EQ(ages.oldest(at(110s)), 10s);
    ages.left(same);
    EXPECT_EQ(ages.oldest(at(110s)), 7s);
    ages.left(later);
    EXPECT_EQ(ages.oldest(at(110s)), 0s);
}

TEST(QueueAges, OneThatLeavesFromTheMiddleLeavesNoTrace) {
    QueueAges ages;
    const auto first = ages.entered(at(1s));
    const auto middle = ages.entered(at(2s));
    ages.entered(at(3s));

    ages.left(middle);
    ages.left(first);

    EXPECT_EQ(ages.oldest(at(4s)), 1s);
}

TEST(Histogram, ADurationCountsInTheSmallestBucketThatHoldsIt) {
    Histogram histogram;
    histogram.observe(Duration{0});
    histogram.observe(Duration{-5});
    histogram.observe(100us);
    histogram.observe(101us);
    histogram.observe(1h);

    EXPECT_EQ(histogram.buckets.front(), 3U);
    EXPECT_EQ(histogram.buckets[1], 1U);
    EXPECT_EQ(histogram.buckets.back(), 1U);
    EXPECT_EQ(histogram.microseconds, 3'600'000'201U);
}

TEST(Gzip, AClientThatAcceptsGzipGetsIt) {
    for (const char* taken :
         {"gzip",
          "br, gzip",
          "br;q=0, gzip",
          "*;q=0,gzip",
          "gzip;q=1.0",
          "*",
          " gzip ; q=0.1",
          ",,gZip"}) {
        EXPECT_TRUE(metrics::accepts_gzip(taken)) << taken;
    }
    for (const char* refused :
         {"", "br", "gzip;q=0", "gzip; q=0.000", "*;q=0", "xgzip", "gzip;q=0, *", ","}) {
        EXPECT_FALSE(metrics::accepts_gzip(refused)) << refused;
    }
}

}  // namespace
}  // namespace reginfo
