/// @file
/// The cache of DNS answers, and a flood of names.

#include "transport/dns_cache.hpp"

#include "tests/transport/zone.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>

namespace reginfo::test {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kNow{1h};

DnsQuery query(const std::string& name) { return {DnsType::addresses, name}; }

SharedAnswer found() {
    DnsAnswer answer;
    answer.addresses = {*IpAddress::parse("192.0.2.1")};
    answer.ttl = Seconds{60};
    return std::make_shared<const DnsAnswer>(answer);
}

SharedAnswer none(bool is_silent) {
    DnsAnswer answer;
    answer.is_silent = is_silent;
    return std::make_shared<const DnsAnswer>(answer);
}

class DnsCacheTest : public ::testing::Test {
protected:
    DnsCacheTest() { options.resolver_cache = 4; }

    TransportOptions options;
};

TEST_F(DnsCacheTest, AFloodOfOtherNamesTakesNoRoomFromOneThatIsAskedFor) {
    DnsCache cache(options);
    cache.remember(kNow, query("edge.test"), found());
    for (int i = 0; i < 100; ++i) {
        cache.remember(kNow, query("good" + std::to_string(i) + ".test"), found());
        cache.remember(kNow, query("none" + std::to_string(i) + ".test"), none(false));
        cache.remember(kNow, query("slow" + std::to_string(i) + ".test"), none(true));
        EXPECT_TRUE(cache.recall(kNow, query("edge.test"))) << i;
    }
}

TEST_F(DnsCacheTest, WhatIsTooOldIsStillKnownToHaveBeenThere) {
    DnsCache cache(options);
    cache.remember(kNow, query("edge.test"), found());

    EXPECT_FALSE(cache.recall(kNow + 61s, query("edge.test")));
    EXPECT_TRUE(cache.knows(query("edge.test")));
}

TEST_F(DnsCacheTest, ASilenceIsRememberedBrieflyAndDoesNotMeanThatThereIsNone) {
    DnsCache cache(options);
    cache.remember(kNow, query("edge.test"), found());

    cache.remember(kNow + 61s, query("edge.test"), none(true));

    EXPECT_TRUE(cache.recall(kNow + 62s, query("edge.test")));
    EXPECT_FALSE(cache.recall(kNow + 67s, query("edge.test")));
    EXPECT_TRUE(cache.knows(query("edge.test")));
}

TEST_F(DnsCacheTest, ANegativeAnswerReplacesThePositiveOne) {
    DnsCache cache(options);
    cache.remember(kNow, query("phone.test"), found());

    cache.remember(kNow + 61s, query("phone.test"), none(false));

    EXPECT_FALSE(cache.knows(query("phone.test")));
}

}  // namespace
}  // namespace reginfo::test
