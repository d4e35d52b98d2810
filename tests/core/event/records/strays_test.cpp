/// @file
/// Subscriptions whose identity is registered nowhere, by that identity.

#include "core/event/records/strays.hpp"

#include "tests/core/event/records/records_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string_view>
#include <vector>

namespace reginfo::test {
namespace {

using ::testing::ElementsAre;
using ::testing::Pointee;

class StraysTest : public RecordsTest {
protected:
    const std::vector<Slot>* of(std::string_view identity) const {
        return strays.of(identities.key_of(identity));
    }

    IdentityIndex identities{7};
    Strays strays{identities};
};

TEST_F(StraysTest, AStrayIsFoundByItsIdentity) {
    Subscription& one = subscribe("one");
    Subscription& two = subscribe("two");
    two.name({}, "sip:bob@example.org");
    strays.set(two, true);
    strays.set(one, true);
    EXPECT_THAT(of("sip:alice@example.org"), Pointee(ElementsAre(one.slot)));
    EXPECT_THAT(of("sip:bob@example.org"), Pointee(ElementsAre(two.slot)));
    EXPECT_EQ(of("sip:carol@example.org"), nullptr);
}

TEST_F(StraysTest, StraysOfOneIdentityAreFoundTogether) {
    Subscription& one = subscribe("one");
    Subscription& two = subscribe("two");
    strays.set(two, true);
    strays.set(one, true);
    EXPECT_THAT(of("sip:alice@example.org"), Pointee(ElementsAre(one.slot, two.slot)));
    strays.set(one, false);
    EXPECT_THAT(of("sip:alice@example.org"), Pointee(ElementsAre(two.slot)));
}

TEST_F(StraysTest, TheSameTwiceChangesNothing) {
    Subscription& one = subscribe("one");
    strays.set(one, false);
    EXPECT_TRUE(strays.is_empty());
    strays.set(one, true);
    strays.set(one, true);
    strays.set(one, false);
    EXPECT_TRUE(strays.is_empty());
    EXPECT_EQ(of("sip:alice@example.org"), nullptr);
}

}  // namespace
}  // namespace reginfo::test
