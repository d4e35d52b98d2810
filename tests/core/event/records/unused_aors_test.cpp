/// @file
/// When an AOR goes, and what goes with it.

#include "core/event/records/unused_aors.hpp"

#include "tests/core/event/records/records_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <utility>
#include <vector>

namespace reginfo::test {
namespace {

using ::testing::IsEmpty;

class UnusedAorsTest : public RecordsTest {
protected:
    UnusedAorsTest() { settings.durable = true; }

    /// A publication and an active contact are in the state of the AOR, as gauges show.
    void publish() {
        AorState state = aor().state().release();
        state.publications.emplace_back();
        ContactState contact;
        contact.details = DetailsPtr(new ContactDetails);
        state.contacts.push_back(std::move(contact));
        ++state.revision;
        aor().set_state(std::move(state));
        aor().all_lag();
        ++stats.publications;
        ++stats.contacts_active;
    }
};

TEST_F(UnusedAorsTest, WhatIsWatchedStays) {
    subscribe("one");
    records.unused_aors.drop_if_unused(aor(), outbox);
    EXPECT_EQ(records.aors.size(), 1U);
}

TEST_F(UnusedAorsTest, WhatIsPublishedStays) {
    publish();
    records.unused_aors.drop_if_unused(aor(), outbox);
    EXPECT_EQ(records.aors.size(), 1U);
}

TEST_F(UnusedAorsTest, WhatIsBeingStoredStays) {
    aor().requests.is_locked = true;
    records.unused_aors.drop_if_unused(aor(), outbox);
    EXPECT_EQ(records.aors.size(), 1U);
}

TEST_F(UnusedAorsTest, ItsRecordAndItsEntryOfTheUnsettledGoWithIt) {
    aor().is_stored = aor().is_unsettled = true;
    records.unused_aors.drop_if_unused(aor(), outbox);
    EXPECT_EQ(records.aors.size(), 0U);
    const std::vector<Commit> commits = take<Commit>();
    ASSERT_EQ(commits.size(), 1U);
    ASSERT_EQ(commits[0].writes.size(), 2U);
    EXPECT_EQ(commits[0].writes[0].bucket, Bucket::aor);
    EXPECT_EQ(commits[0].writes[1].bucket, Bucket::unsettled);
    for (const Write& write : commits[0].writes) EXPECT_EQ(write.value, std::nullopt);
}

TEST_F(UnusedAorsTest, AfterTheLastWatcherIsForgottenItIsLookedAtInItsTurn) {
    records.unused_aors.watcher_left(now, aor());
    EXPECT_EQ(records.aors.size(), 1U);
    EXPECT_EQ(records.aors.timers.pop_expired(now), &aor());
}

TEST_F(UnusedAorsTest, OneThatIsServedElsewhereIsForgottenWithItsLastWatcher) {
    records.shards.share();
    records.unused_aors.watcher_left(now, aor());
    EXPECT_EQ(records.aors.size(), 0U);
    EXPECT_THAT(take<Commit>(), IsEmpty());
}

TEST_F(UnusedAorsTest, AForgottenAorThatIsWatchedKeepsItsPlaceWithoutItsState) {
    Subscription& one = subscribe("one");
    publish();
    records.aors.forget(aor());
    EXPECT_EQ(&one.aor(), &aor());
    EXPECT_EQ(aor().revision(), 0U);
    EXPECT_EQ(aor().lagging(), 0U);
    EXPECT_EQ(stats.publications, 0U);
    EXPECT_EQ(stats.contacts_active, 0U);
    EXPECT_EQ(stats.aors, 1U);
}

TEST_F(UnusedAorsTest, AForgottenAorThatNobodyWatchesIsGone) {
    publish();
    records.aors.forget(aor());
    EXPECT_EQ(stats.publications, 0U);
    EXPECT_EQ(stats.contacts_active, 0U);
    EXPECT_EQ(stats.aors, 0U);
}

}  // namespace
}  // namespace reginfo::test
