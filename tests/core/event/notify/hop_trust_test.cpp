/// @file
/// A next hop that has never answered gets little, so that the server is no weapon.

#include "core/event/notify/hop_trust.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace reginfo {
namespace {

using namespace std::chrono_literals;

Flow hop(std::uint16_t port) {
    return {Transport::udp, 0, {*IpAddress::parse("203.0.113.7"), port}, 0};
}

class HopTrustTest : public ::testing::Test {
protected:
    bool may_go(std::size_t bytes, std::uint16_t port = 5060) {
        return !trust.wait_for(now, hop(port), bytes);
    }

    TimePoint now{1000s};
    HopTrust trust{1};
};

TEST_F(HopTrustTest, AStrangerGetsNoMoreThan64kBInAnyMinute) {
    std::size_t got = 0;
    for (int i = 0; i < 59'000; ++i, now += 1ms) {
        if (may_go(1'000)) got += 1'000;
    }
    EXPECT_EQ(got, 64'000U);
    EXPECT_FALSE(may_go(1'000)) << "a minute begins with the last of them";
    now += 60s;
    EXPECT_TRUE(may_go(1'000));
}

TEST_F(HopTrustTest, ItReturnsWhenToTryAgain) {
    ASSERT_TRUE(may_go(64'000));
    now += 10s;
    EXPECT_EQ(trust.wait_for(now, hop(5060), 1), now + 50s);
}

TEST_F(HopTrustTest, OneMessageThatIsLargerGoesAlone) {
    EXPECT_TRUE(may_go(200'000));
    EXPECT_FALSE(may_go(1));
}

TEST_F(HopTrustTest, WhatDidNotLeaveIsGivenBack) {
    ASSERT_TRUE(may_go(70'000));
    trust.give_back(hop(5060), 70'000);
    ASSERT_TRUE(may_go(65'000));
    EXPECT_FALSE(may_go(1));
    trust.give_back(hop(5060), 100'000);
    EXPECT_TRUE(may_go(HopTrust::kAllowance));
}

TEST_F(HopTrustTest, StrangersAreCountedOneByOne) {
    ASSERT_TRUE(may_go(64'000, 5060));
    EXPECT_TRUE(may_go(64'000, 5061));
}

TEST_F(HopTrustTest, AHopThatHasAnsweredIsNoStranger) {
    EXPECT_FALSE(trust.has_answered(hop(5060)));
    trust.answered(hop(5060));
    EXPECT_TRUE(trust.has_answered(hop(5060)));
    EXPECT_FALSE(trust.has_answered(hop(5061)));
}

TEST_F(HopTrustTest, AConnectionThatThePeerMadeIsNoStranger) {
    Flow flow = hop(5060);
    flow.transport = Transport::tcp;
    flow.connection = 7;
    EXPECT_TRUE(trust.has_answered(flow));
}

TEST_F(HopTrustTest, WhatIsRememberedIsBoundedAndTheOldestGiveWay) {
    for (std::uint32_t i = 0; i <= HopTrust::kRemembered; ++i) {
        Flow flow = hop(static_cast<std::uint16_t>(i));
        flow.peer.address = i < 65'536 ? flow.peer.address : *IpAddress::parse("203.0.113.8");
        trust.answered(flow);
    }
    EXPECT_FALSE(trust.has_answered(hop(0)));
    EXPECT_TRUE(trust.has_answered(hop(1)));
}

}  // namespace
}  // namespace reginfo
