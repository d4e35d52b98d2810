/// @file
/// The clock of stored records never goes back, and misses no time that is known to have passed.

#include "core/storage/stamp_clock.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace reginfo {
namespace {

using namespace std::chrono_literals;

constexpr StampClock::Wall kWall{std::chrono::hours{24 * 365}};
constexpr StampClock::Steady kSteady{std::chrono::hours{5}};

Stamp stamp_of(StampClock::Wall wall) {
    return std::chrono::floor<std::chrono::milliseconds>(wall.time_since_epoch()).count();
}

TEST(StampClock, FollowsTheWallClock) {
    StampClock clock;
    clock.start(0, kSteady);

    EXPECT_EQ(clock.read(kWall, kSteady), stamp_of(kWall));
    EXPECT_EQ(clock.read(kWall + 5s, kSteady + 5s), stamp_of(kWall + 5s));
}

TEST(StampClock, FollowsTheWallClockWhereThatIsSetForward) {
    StampClock clock;
    clock.start(0, kSteady);
    clock.read(kWall, kSteady);

    EXPECT_EQ(clock.read(kWall + 1h, kSteady + 1s), stamp_of(kWall + 1h));
}

TEST(StampClock, GoesOnSteadilyWhereTheWallClockIsSetBack) {
    StampClock clock;
    clock.start(0, kSteady);
    clock.read(kWall, kSteady);

    EXPECT_EQ(clock.read(kWall - 1h, kSteady + 10s), stamp_of(kWall + 10s));
    EXPECT_EQ(clock.read(kWall - 1h, kSteady + 30s), stamp_of(kWall + 30s));
}

TEST(StampClock, IsNeverBehindAnEarlierProcess) {
    StampClock clock;
    clock.start(stamp_of(kWall), kSteady);

    EXPECT_EQ(clock.read(kWall - 1h, kSteady + 2s), stamp_of(kWall + 2s));
}

}  // namespace
}  // namespace reginfo
