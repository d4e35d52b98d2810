/// @file
/// Which parcels of another node have come.

#include "core/cluster/parcel_numbers.hpp"

#include <gtest/gtest.h>

#include <cstdint>

namespace reginfo {
namespace {

TEST(ParcelNumbers, AParcelIsTakenOnce) {
    ParcelNumbers numbers;
    EXPECT_TRUE(numbers.take(1, 1));
    EXPECT_FALSE(numbers.take(1, 1));
    EXPECT_TRUE(numbers.take(2, 1));
}

TEST(ParcelNumbers, ParcelsComeInAnyOrder) {
    ParcelNumbers numbers;
    EXPECT_TRUE(numbers.take(3, 1));
    EXPECT_TRUE(numbers.take(1, 1));
    EXPECT_FALSE(numbers.take(3, 1));
}

TEST(ParcelNumbers, WhatIsBelowTheFloorHasComeOrWasGivenUp) {
    ParcelNumbers numbers;
    EXPECT_TRUE(numbers.take(7, 5));
    EXPECT_FALSE(numbers.take(4, 1)) << "delivered late, by a connection of before";
    EXPECT_TRUE(numbers.take(6, 5));
}

TEST(ParcelNumbers, AFloorThatNeverRisesIsBounded) {
    ParcelNumbers numbers;
    for (std::uint64_t number = 1; number <= 100'000; ++number) numbers.take(number, 1);
    EXPECT_FALSE(numbers.take(1, 1));
    EXPECT_FALSE(numbers.take(100'000, 1));
    EXPECT_TRUE(numbers.take(100'001, 1));
}

}  // namespace
}  // namespace reginfo
