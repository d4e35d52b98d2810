/// @file
/// Which watcher is spoken to in which way.

#include "core/event/watcher/profile.hpp"

#include "tests/support/engine_fixture.hpp"

#include <gtest/gtest.h>

namespace reginfo::test {
namespace {

/// A NOTIFY for an unpublished AOR has no body for Kamailio, and a body for all others.
bool is_spoken_to_as_kamailio(const std::string& user_agent) {
    World world;
    Watcher watcher("w1");
    watcher.user_agent = user_agent;
    watcher.subscribe(world);
    const auto notifies = world.take_notifies();
    EXPECT_EQ(notifies.size(), 1U);
    return !notifies.empty() && notifies[0].body().empty();
}

TEST(Profile, KamailioIsKnownByTheBeginningOfItsUserAgentInAnyCase) {
    EXPECT_TRUE(is_spoken_to_as_kamailio("kamailio (5.6.3 (x86_64/linux))"));
    EXPECT_TRUE(is_spoken_to_as_kamailio("Kamailio"));
}

TEST(Profile, EverybodyElseIsStandard) {
    EXPECT_FALSE(is_spoken_to_as_kamailio(""));
    EXPECT_FALSE(is_spoken_to_as_kamailio("kamaili"));
    EXPECT_FALSE(is_spoken_to_as_kamailio("phone behind kamailio"));
}

TEST(Profile, HasAName) {
    EXPECT_EQ(text_of(Profile::standard), "standard");
    EXPECT_EQ(text_of(Profile::kamailio), "kamailio");
}

TEST(Profile, OnlyKamailioOutlivesATimeoutOfThoseTwo) {
    EXPECT_TRUE(traits_of(Profile::kamailio).survives_timeout);
    EXPECT_FALSE(traits_of(Profile::standard).survives_timeout);
}

}  // namespace
}  // namespace reginfo::test
