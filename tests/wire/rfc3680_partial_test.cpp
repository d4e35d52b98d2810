/// @file
/// RFC 3680 §5.1, §5.2: partial documents, for a watcher of profile `partial`.

#include "tests/support/profile_fixture.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace reginfo::test {
namespace {

struct Partial : WithProfile {
    Partial() : WithProfile(Profile::partial) {}

    void SetUp() override {
        publish({{.uri = uri_of(0)}, {.uri = uri_of(1)}});
        watcher.subscribe(world);
        first = world.take_notifies().at(0);
    }

    std::vector<Sent> add(std::size_t n) {
        std::vector<ContactText> contacts{{.uri = uri_of(0)}, {.uri = uri_of(1)}};
        for (std::size_t i = 2; i <= n; ++i) contacts.push_back({.uri = uri_of(i)});
        return publish(std::move(contacts));
    }

    Sent first;
};

using Rfc3680Section5_1Partial = Partial;
using Rfc3680Section5_2Partial = Partial;

TEST_F(Rfc3680Section5_1Partial, TheFirstDocumentIsFullAndLaterOnesListWhatChanged) {
    EXPECT_TRUE(has(first, "state=\"full\""));
    const auto told = add(2);
    ASSERT_EQ(told.size(), 1U);
    EXPECT_TRUE(has(told[0], "state=\"partial\""));
    EXPECT_TRUE(has(told[0], uri_of(2)));
    EXPECT_FALSE(has(told[0], uri_of(0)));
}

TEST_F(Rfc3680Section5_2Partial, AnEndedContactIsListedOnce) {
    const auto told = publish({{.uri = uri_of(0)}});
    ASSERT_EQ(told.size(), 1U);
    EXPECT_TRUE(has(told[0], "state=\"partial\""));
    EXPECT_TRUE(has(told[0], uri_of(1)));
    EXPECT_TRUE(has(told[0], "event=\"expired\""));
    EXPECT_FALSE(has(told[0], uri_of(0)));
    EXPECT_FALSE(has(add(2).at(0), "event=\"expired\""));
}

TEST_F(Rfc3680Section5_1Partial, TheDocumentDueToARefreshIsFull) {
    add(2);
    watcher.subscribe(world);
    const Sent told = world.take_notifies().at(0);
    EXPECT_TRUE(has(told, "state=\"full\""));
    EXPECT_TRUE(has(told, uri_of(0)));
    EXPECT_TRUE(has(add(3).at(0), "state=\"partial\""));
}

TEST_F(Rfc3680Section5_1Partial, TheDocumentAfterANotifyWithout2xxIsFull) {
    world.answers = [](const Sent&) { return std::nullopt; };
    world.answer(add(2).at(0), 500, {"Retry-After: 1"});
    world.pass(1s);
    const auto told = world.take_notifies();
    ASSERT_EQ(told.size(), 1U);
    EXPECT_TRUE(has(told[0], "state=\"full\""));
    world.answer(told[0], 200);
    EXPECT_TRUE(has(add(3).at(0), "state=\"partial\""));
}

TEST_F(Rfc3680Section5_1Partial, TheDocumentAfterASupersededOneIsFull) {
    world.answers = [](const Sent&) { return std::nullopt; };
    add(2);
    add(3);
    world.pass(4100ms);
    EXPECT_TRUE(has(world.take_notifies().back(), "state=\"full\""));
}

TEST_F(Rfc3680Section5_1Partial, FoldingFullAndPartialDocumentsGivesTheState) {
    WatcherFold fold;
    EXPECT_EQ(fold.take(first.body()), "");
    for (std::size_t n = 2; n < 6; ++n) {
        for (const Sent& told : add(n)) EXPECT_EQ(fold.take(told.body()), "");
    }
    for (const Sent& told : publish({{.uri = uri_of(3)}})) {
        EXPECT_EQ(fold.take(told.body()), "");
    }
    EXPECT_EQ(fold.uris(), uri_of(3));
}

}  // namespace
}  // namespace reginfo::test
