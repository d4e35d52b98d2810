/// @file
/// What the profiles `standard` and `linphone` are for a watcher.

#include "tests/support/profile_fixture.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace reginfo::test {
namespace {

struct Standard : WithProfile {
    Standard() : WithProfile(Profile::standard) {}
};

TEST_F(Standard, OtherRegistrationsAreNeitherListedNorTold) {
    publish({{.uri = uri_of(0)}}, member("sip:b@example.org", member_contact(uri_of(0))));
    watcher.subscribe(world);
    EXPECT_FALSE(has(world.take_notifies().at(0), "sip:b@example.org"));
    EXPECT_TRUE(publish({{.uri = uri_of(0)}}, member("sip:b@example.org", "")).empty());
    const auto told = publish({});
    ASSERT_EQ(told.size(), 1U);
    EXPECT_TRUE(has(told[0], "event=\"expired\""));
}

struct Linphone : WithProfile {
    Linphone() : WithProfile(Profile::linphone) {}
};

TEST_F(Linphone, AnAorThatNobodyPublishedIsTerminatedAndHasNoContacts) {
    watcher.subscribe(world);
    const Sent told = world.take_notifies().at(0);
    EXPECT_TRUE(has(told, "state=\"terminated\"></registration>"));
    EXPECT_FALSE(has(told, "<contact"));
}

TEST_F(Linphone, EveryNotifyHasABodyEvenIfTheWatcherKnowsTheState) {
    watcher.more = {"Suppress-If-Match: *"};
    watcher.subscribe(world);
    EXPECT_FALSE(world.take_notifies().at(0).body().empty());
    watcher.more.clear();
    watcher.subscribe(world, 0);
    EXPECT_FALSE(world.take_notifies().at(0).body().empty());
}

TEST_F(Linphone, UnknownParamsAreKept) {
    const std::string specs =
        "<unknown-param name=\"+org.linphone.specs\">\"lime,groupchat\"</unknown-param>";
    publish({{.uri = uri_of(0), .children = specs}});
    watcher.subscribe(world);
    EXPECT_TRUE(has(world.take_notifies().at(0), "name=\"+org.linphone.specs\""));
}

}  // namespace
}  // namespace reginfo::test
