/// @file
/// Which phase of a TCP connection may follow which.

#include "transport/tcp_phase.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace reginfo {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using enum TcpPhase;

std::vector<TcpPhase> followers_of(TcpPhase phase) {
    std::vector<TcpPhase> followers;
    for (const TcpPhase next : {connecting, open, half_closed, closing, last_write}) {
        if (may_follow(phase, next)) followers.push_back(next);
    }
    return followers;
}

TEST(TcpPhase, AConnectionComesAboutAndThenEachSideEndsItsOutput) {
    EXPECT_THAT(followers_of(connecting), ElementsAre(open));
    EXPECT_THAT(followers_of(open), ElementsAre(half_closed, closing));
    EXPECT_THAT(followers_of(half_closed), ElementsAre(last_write));
    EXPECT_THAT(followers_of(closing), ElementsAre(last_write));
    EXPECT_THAT(followers_of(last_write), IsEmpty());
}

}  // namespace
}  // namespace reginfo
