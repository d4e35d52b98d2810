/// @file
/// Open files: that the limit is used, and that peers cannot use it up.

#include "app/descriptors.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/resource.h>

namespace reginfo {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr ConnectionBounds kWanted{16'384, 256};

TEST(Descriptors, TheSoftLimitIsRaisedToTheHardOne) {
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    rlimit lower = before;
    lower.rlim_cur = before.rlim_max / 2;
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &lower), 0);
    EXPECT_EQ(descriptor_limit(), lower.rlim_cur);

    raise_descriptor_limit();

    EXPECT_EQ(descriptor_limit(), before.rlim_max);
    ::setrlimit(RLIMIT_NOFILE, &before);
}

TEST(Descriptors, WhatIsWantedIsGivenWhereThereIsRoom) {
    EXPECT_EQ(fit_connections(kWanted, 65'536, 2), kWanted);
    EXPECT_THAT(warning_for(kWanted, kWanted, 65'536), IsEmpty());
}

TEST(Descriptors, ConnectionsLeaveAReserveForAllElse) {
    for (const std::size_t limit : {64U, 100U, 1'024U, 4'096U, 16'640U}) {
        const ConnectionBounds bounds = fit_connections(kWanted, limit, 4);
        EXPECT_LE(bounds.tcp + bounds.http + bounds.http / 8, limit - 48 - 4);
        EXPECT_GE(bounds.http, 1U);
        EXPECT_GT(bounds.tcp, bounds.http);
    }
}

TEST(Descriptors, NoLimitIsSoLowThatNobodyCanConnect) {
    const ConnectionBounds bounds = fit_connections(kWanted, 20, 2);
    EXPECT_EQ(bounds, (ConnectionBounds{3, 1}));
}

TEST(Descriptors, WithoutASidePortAllThatIsLeftIsForSip) {
    EXPECT_EQ(fit_connections({16'384, 0}, 1'024, 2), (ConnectionBounds{974, 0}));
}

TEST(Descriptors, AWarningNamesBothNumbersAndWhatToDo) {
    const ConnectionBounds bounds = fit_connections(kWanted, 1'024, 2);
    EXPECT_THAT(
        warning_for(kWanted, bounds, 1'024),
        AllOf(
            HasSubstr("at most 731 TCP connections (and 216 HTTP connections)"),
            HasSubstr("RLIMIT_NOFILE is 1024;"),
            HasSubstr("LimitNOFILE=")
        )
    );
}

}  // namespace
}  // namespace reginfo
