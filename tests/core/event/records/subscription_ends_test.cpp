/// @file
/// How subscriptions end: what becomes of the dialog, the AOR and their records.

#include "core/event/records/subscription_ends.hpp"

#include "tests/core/event/records/records_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace reginfo::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class SubscriptionEndsTest : public RecordsTest {
protected:
    SubscriptionEndsTest() {
        settings.durable = true;
        records.observer.set(&events);
    }

    Subscription& stored(const std::string& name) {
        Subscription& subscription = subscribe(name);
        subscription.dialog.is_stored = true;
        return subscription;
    }

    Events events;
};

TEST_F(SubscriptionEndsTest, TheLastNotifyHas64T1) {
    Subscription& one = subscribe("one");
    records.ends.set_terminated(now, one, TerminationReason::timeout);
    EXPECT_EQ(records.subscriptions.expiries.pop_expired(now + 64 * settings.t1 - 1us), nullptr);
    EXPECT_EQ(records.subscriptions.expiries.pop_expired(now + 64 * settings.t1), &one);
}

TEST_F(SubscriptionEndsTest, ASubscriptionEndsOnceAndForOneReason) {
    Subscription& one = subscribe("one");
    records.ends.set_terminated(now, one, TerminationReason::deactivated);
    records.ends.set_terminated(now, one, TerminationReason::timeout);
    EXPECT_EQ(one.reason, TerminationReason::deactivated);
    EXPECT_THAT(events.seen, ElementsAre(SubscriptionEvent::terminating));
}

TEST_F(SubscriptionEndsTest, TheLastUsageTakesItsDialogAndItsAorWithIt) {
    Subscription& one = stored("one");
    aor().is_stored = true;
    records.ends.remove(now, one, outbox);
    EXPECT_EQ(records.subscriptions.size(), 0U);
    EXPECT_EQ(records.aors.size(), 0U);
    EXPECT_EQ(stats.aors, 0U);
    EXPECT_THAT(events.seen, ElementsAre(SubscriptionEvent::ended));
    const std::vector<Commit> commits = take<Commit>();
    ASSERT_EQ(commits.size(), 2U);
    EXPECT_EQ(commits[0].writes.at(0).bucket, Bucket::dialog);
    EXPECT_EQ(commits[0].writes.at(0).value, std::nullopt);
    EXPECT_EQ(commits[1].writes.at(0).bucket, Bucket::aor);
    EXPECT_EQ(commits[1].writes.at(0).value, std::nullopt);
}

TEST_F(SubscriptionEndsTest, AnotherUsageKeepsTheDialogAndItsRecord) {
    Subscription& one = stored("one");
    Subscription& two = subscribe_in(one.dialog);
    records.ends.remove(now, one, outbox);
    EXPECT_EQ(two.dialog.subscriptions.size(), 1U);
    const std::vector<Commit> commits = take<Commit>();
    ASSERT_EQ(commits.size(), 1U);
    EXPECT_TRUE(commits[0].writes.at(0).value);
}

TEST_F(SubscriptionEndsTest, WhatIsBeingStoredOfTheDialogIsNotOverwritten) {
    Subscription& one = stored("one");
    Subscription& two = subscribe_in(one.dialog);
    two.dialog.requests.is_locked = true;
    records.ends.remove(now, one, outbox);
    EXPECT_TRUE(two.dialog.record_lags);
    EXPECT_THAT(take<Commit>(), IsEmpty());
}

TEST_F(SubscriptionEndsTest, WhatIsForgottenIsNeitherWrittenNorObserved) {
    Subscription& one = stored("one");
    subscribe_in(one.dialog);
    records.ends.forget(now, one.dialog);
    EXPECT_EQ(records.subscriptions.size(), 0U);
    EXPECT_THAT(events.seen, IsEmpty());
    EXPECT_THAT(take<Commit>(), IsEmpty());
}

}  // namespace
}  // namespace reginfo::test
