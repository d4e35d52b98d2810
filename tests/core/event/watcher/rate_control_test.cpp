/// @file
/// RFC 6446: the values. Their effect on NOTIFYs is in tests/wire/rfc6446_test.cpp.

#include "core/event/watcher/rate_control.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace reginfo::test {
namespace {

using namespace std::chrono_literals;

std::string text_of_rates(const Rates& rates) {
    std::string text;
    append_rates(text, rates);
    return text;
}

constexpr RateLimits kLimits{.max_rate_interval = 1h, .min_rate_interval = 10s, .expires = 3600s};

TEST(Rates, AreWrittenAsTheyWereRead_9_2) {
    for (const char* text :
         {"max-rate=0.0000000001",
          "max-rate=99.9999999999",
          "max-rate=1",
          "max-rate=0.25",
          "min-rate=12.5;adaptive-min-rate=0.05"}) {
        EXPECT_EQ(text_of_rates(rates_of(text)), std::string(";") + text);
    }
    EXPECT_EQ(text_of_rates(rates_of("id=7;MAX-Rate=00.50")), ";max-rate=0.5");
}

TEST(Rates, ThatAreMalformedAreTakenAsAbsent_9_2) {
    for (const char* value :
         {"",
          "=",
          "=0",
          "=0.0",
          "=-1",
          "=1.",
          "=.5",
          "=100",
          "=1.00000000000",
          "=1e2",
          "=\"1\"",
          "=1,5"}) {
        EXPECT_FALSE(rates_of(std::string("max-rate") + value).any()) << value;
    }
}

TEST(Rates, GivenTwiceAreTakenAsAbsent) {
    const Rates rates = rates_of("max-rate=1;min-rate=2;max-rate=1");
    EXPECT_EQ(rates.max, 0U);
    EXPECT_NE(rates.min, 0U);
}

TEST(Rates, HaveTheIntervalThatIsTheirReciprocal) {
    EXPECT_EQ(interval_of(rates_of("max-rate=0.2").max), 5s);
    EXPECT_GT(interval_of(rates_of("max-rate=99.9999999999").max), 10ms);
    EXPECT_LE(interval_of(rates_of("max-rate=99.9999999999").max), 11ms);
    EXPECT_EQ(rate_of(5s), rates_of("max-rate=0.2").max);
}

TEST(Rates, AMaxRateThatAllowsNoNotifyBeforeTheExpiryIsRaised_4_3) {
    Rates wanted = rates_of("max-rate=0.0001");
    EXPECT_LE(interval_of(granted(wanted, kLimits).max), 3600s);
    EXPECT_GT(interval_of(granted(wanted, kLimits).max), 3599s);
    const RateLimits shorter{.max_rate_interval = 50s, .min_rate_interval = 10s};
    EXPECT_EQ(interval_of(granted(wanted, shorter).max), 50s);
}

TEST(Rates, MinRatesAreLoweredToTheFastestAllowed_5_3) {
    EXPECT_EQ(interval_of(granted(rates_of("min-rate=5"), kLimits).min), 10s);
    EXPECT_EQ(interval_of(granted(rates_of("adaptive-min-rate=5"), kLimits).adaptive_min), 10s);
}

TEST(Rates, AMinRateAboveTheMaxRateIsLoweredToIt_7) {
    const Rates rates = granted(rates_of("max-rate=0.01;min-rate=0.05"), kLimits);
    EXPECT_EQ(rates.min, rates.max);
}

TEST(Rates, AMinRateNotBelowTheAdaptiveOneIsNotConsidered_7) {
    EXPECT_EQ(granted(rates_of("min-rate=0.02;adaptive-min-rate=0.02"), kLimits).min, 0U);
    EXPECT_NE(granted(rates_of("min-rate=0.01;adaptive-min-rate=0.02"), kLimits).min, 0U);
}

class AdaptiveRate : public ::testing::Test {
protected:
    static constexpr TimePoint kStart{1000s};
    Duration timeout() const { return *control.wake_at() - control.last_sent(); }

    RateControl control{rates_of("adaptive-min-rate=0.1"), kStart};
};

TEST_F(AdaptiveRate, BeginsAsIfTheRateHadBeenKept_6_2) { EXPECT_EQ(timeout(), 10s); }

TEST_F(AdaptiveRate, WaitsLongerAfterMoreNotifysThanAskedFor_6_4) {
    for (int i = 0; i < 8; ++i) control.sent(kStart + 1s * i);
    EXPECT_EQ(timeout(), 20s);  // 16 in a period of 80 s: 16 / (0.1^2 * 80)
}

TEST_F(AdaptiveRate, WaitsLessAfterFewerNotifysThanAskedFor_6_4) {
    control.sent(kStart + 75s);
    EXPECT_EQ(timeout(), 2500ms);  // one of the history and this one are in the last 80 s
}

TEST_F(AdaptiveRate, ReturnsToTheRateAskedForAfterABurst_6_4) {
    TimePoint now = kStart;
    for (int i = 0; i < 50; ++i) control.sent(now += 1s);
    int forced = 0;
    while (now < kStart + 2000s) {
        now = *control.wake_at();
        control.sent(now);
        ++forced;
    }
    EXPECT_NEAR(forced, 190, 12);
}

TEST_F(AdaptiveRate, IsBoundedByMaxRate_6_4) {
    RateControl both(rates_of("max-rate=0.1;adaptive-min-rate=0.1"), kStart);
    both.sent(kStart + 75s);
    EXPECT_EQ(*both.wake_at(), kStart + 85s);
}

TEST_F(AdaptiveRate, SoLowThatItIsNeverDueStaysSoAfterManyNotifys) {
    RateControl slow(rates_of("adaptive-min-rate=0.0000000001"), kStart);
    for (int i = 0; i < 5'000; ++i) slow.sent(kStart + 1ms * i);
    EXPECT_GT(*slow.wake_at(), kStart + std::chrono::hours{24 * 365});
}

}  // namespace
}  // namespace reginfo::test
