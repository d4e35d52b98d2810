/// @file
/// The pace of one subscription (RULES.md, "Pacing per subscription").

#include "core/event/records/subscription.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace reginfo {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t kBurst = 3;
constexpr Duration kInterval = 5s;
const TimePoint kStart{1000s};

class TokenBucketTest : public ::testing::Test {
protected:
    Duration wait(TimePoint now) const { return bucket.ready_at(now, kBurst, kInterval) - now; }
    void take(TimePoint now) { bucket.take(now, kBurst, kInterval); }

    TokenBucket bucket;
};

TEST_F(TokenBucketTest, ABurstPassesAtOnceAndThenOneEachInterval) {
    for (std::uint32_t i = 0; i < kBurst; ++i) {
        EXPECT_EQ(wait(kStart), 0s) << i;
        take(kStart);
    }
    EXPECT_EQ(wait(kStart), 5s);
    EXPECT_EQ(wait(kStart + 4s), 1s);
    EXPECT_EQ(wait(kStart + 5s), 0s);
    take(kStart + 5s);
    EXPECT_EQ(wait(kStart + 5s), 5s);
}

TEST_F(TokenBucketTest, AfterAPauseTheBurstIsFullAgainAndNotFuller) {
    for (std::uint32_t i = 0; i < kBurst; ++i) take(kStart);
    const TimePoint later = kStart + 1h;
    for (std::uint32_t i = 0; i < kBurst; ++i) {
        EXPECT_EQ(wait(later), 0s) << i;
        take(later);
    }
    EXPECT_EQ(wait(later), 5s);
}

TEST_F(TokenBucketTest, TakingMoreThanThereIsNeverCostsMoreThanTheBurst) {
    for (std::uint32_t i = 0; i < 100; ++i) take(kStart);
    EXPECT_EQ(wait(kStart), 5s);
}

TEST_F(TokenBucketTest, AnIntervalOfZeroTurnsItOff) {
    for (std::uint32_t i = 0; i < 100; ++i) {
        EXPECT_EQ(bucket.ready_at(kStart, kBurst, 0s), kStart);
        bucket.take(kStart, kBurst, 0s);
    }
}

TEST(TerminationReasonText, IsThatOfRfc6665) {
    EXPECT_EQ(text_of(TerminationReason::deactivated), "deactivated");
    EXPECT_EQ(text_of(TerminationReason::probation), "probation");
    EXPECT_EQ(text_of(TerminationReason::rejected), "rejected");
    EXPECT_EQ(text_of(TerminationReason::timeout), "timeout");
    EXPECT_EQ(text_of(TerminationReason::giveup), "giveup");
    EXPECT_EQ(text_of(TerminationReason::noresource), "noresource");
    EXPECT_EQ(text_of(TerminationReason::invariant), "invariant");
}

}  // namespace
}  // namespace reginfo
