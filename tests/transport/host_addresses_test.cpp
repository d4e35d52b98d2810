/// @file
/// Which addresses this machine has.

#include "transport/host_addresses.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace reginfo::test {
namespace {

using ::testing::Contains;
using ::testing::Not;

TEST(HostAddresses, LoopbackIsOneOfThemAndNoBroadcast) {
    const HostSettings host = host_addresses();

    const IpAddress loopback = *IpAddress::parse("127.0.0.1");
    EXPECT_THAT(host.addresses, Contains(loopback));
    EXPECT_THAT(host.broadcasts, Not(Contains(loopback)));
    for (const IpAddress& broadcast : host.broadcasts) {
        EXPECT_THAT(host.addresses, Not(Contains(broadcast)));
    }
}

}  // namespace
}  // namespace reginfo::test
