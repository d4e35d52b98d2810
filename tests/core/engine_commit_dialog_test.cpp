/// @file
/// Dialogs: refreshes that wait for the store, and their subscriptions meanwhile (RULES.md,
/// "Nothing acknowledged is lost").

#include "tests/core/late_store.hpp"

namespace reginfo::test {
namespace {

class LateStoreDialog : public LateStore {};

TEST_F(LateStoreDialog, RequestsOfOneDialogWaitInOrderAndAreCheckedAgainstTheResult) {
    subscribed(watcher);
    const RequestText refresh = watcher.subscribe(3600);
    RequestText late = watcher.subscribe(3600);
    late.cseq = "1";
    const RequestText end = watcher.subscribe(0);
    for (const RequestText& request : {refresh, late, end}) {
        world.receive(watcher.flow, request.text());
    }
    EXPECT_TRUE(world.take().empty());
    EXPECT_EQ(world.commits_waiting(), 1U);

    world.commit();
    EXPECT_EQ(statuses(), (Statuses{200, 500}));
    world.commit();
    EXPECT_EQ(statuses(), Statuses{200});
    EXPECT_EQ(world.stats().subscriptions, 0U);
}

TEST_F(LateStoreDialog, AFailedRefreshLeavesTheSubscriptionAsItWas) {
    subscribed(watcher);
    world.pass(3000s);
    RequestText refresh = watcher.subscribe(3600);
    refresh.contact = "<sip:w1@198.51.100.99>";
    world.receive(watcher.flow, refresh.text());
    world.commit(false);
    EXPECT_EQ(world.take_one().status(), 503);

    world.pass(602s);
    const std::vector<Sent> last = world.take_notifies();
    ASSERT_EQ(last.size(), 1U);
    EXPECT_EQ(last[0].header("Subscription-State"), "terminated;reason=timeout");
    EXPECT_EQ(last[0].message.request_uri, watcher.contact) << "the old remote target";
}

TEST_F(LateStoreDialog, ASubscriptionWhoseTimeEndsDuringItsRefreshLivesOn) {
    subscribed(watcher);
    world.pass(3599s);
    world.receive(watcher.flow, watcher.subscribe(3600).text());
    world.pass(10s);
    EXPECT_TRUE(world.take().empty());

    world.commit();
    const std::vector<Sent> sent = world.take();
    ASSERT_EQ(sent.size(), 2U);
    EXPECT_EQ(sent[0].status(), 200);
    EXPECT_EQ(sent[1].header("Subscription-State").substr(0, 15), "active;expires=");
}

TEST_F(LateStoreDialog, ASubscriptionWhoseTimeEndedDuringAFailedRefreshEndsThen) {
    subscribed(watcher);
    world.pass(3599s);
    world.receive(watcher.flow, watcher.subscribe(3600).text());
    world.pass(10s);
    world.commit(false);
    EXPECT_EQ(statuses(), Statuses{503});
    world.pass(0s);
    const std::vector<Sent> last = world.take_notifies();
    ASSERT_EQ(last.size(), 1U);
    EXPECT_EQ(last[0].header("Subscription-State"), "terminated;reason=timeout");
}

/// SUBSCRIBE (refresh) ->   | commit ->
/// <- NOTIFY                |
/// 481 ->                   |  the subscription is gone
///                          | <- committed
/// <- 481                   |
TEST_F(LateStoreDialog, A481ToANotifyWhileARefreshIsPendingEndsTheSubscription) {
    subscribed(watcher);
    published(publisher, body({contact(kX)}));
    world.answers = [](const Sent&) { return std::nullopt; };
    send(publisher, body({contact(kX), contact(kY)}));
    world.commit();
    const std::vector<Sent> notify = world.take_notifies();
    ASSERT_EQ(notify.size(), 1U);
    world.receive(watcher.flow, watcher.subscribe().text());
    const RequestText later = watcher.subscribe();
    world.receive(watcher.flow, later.text());

    world.answer(notify[0], 481);
    EXPECT_EQ(world.stats().subscriptions, 0U);
    EXPECT_EQ(statuses(), Statuses{481}) << "to the one that waited";
    world.commit();
    EXPECT_EQ(statuses(), Statuses{481});
    EXPECT_EQ(world.stats().dialogs, 0U);
}

TEST_F(LateStoreDialog, AChangeIsNotifiedWhileARefreshIsPending) {
    subscribed(watcher);
    world.receive(watcher.flow, watcher.subscribe().text());
    send(publisher, body({contact(kX)}));
    ASSERT_EQ(world.commits_waiting(), 2U);
    world.commit();  // the refresh
    world.take();
    world.receive(watcher.flow, watcher.subscribe().text());
    world.commit();  // the publication
    EXPECT_EQ(world.take_notifies().size(), 1U);
    world.commit();
    const std::vector<Sent> after = world.take_notifies();
    ASSERT_EQ(after.size(), 1U);
    EXPECT_EQ(read_told(after[0].body()).value().contacts.size(), 1U);
}

/// At most three subscriptions of one kind, and a store that is slow.
class BoundsOfLateStore : public LateStore {
protected:
    static Settings bounded(std::size_t Settings::Limits::* bound) {
        Settings settings = LateStore::settings();
        settings.limits.*bound = 3;
        return settings;
    }

    /// Ten SUBSCRIBEs at once of one watcher to one AOR. Returns how many the store is given.
    std::size_t flood(World& small) {
        small.store_answers_late = true;
        for (int i = 0; i < 10; ++i) {
            Watcher one("w" + std::to_string(++watchers));
            one.more = {"P-Asserted-Identity: <sip:one@example.org>"};
            small.receive(one.flow, one.subscribe().text());
        }
        return small.commits_waiting();
    }

    int watchers = 0;
};

TEST_F(BoundsOfLateStore, WhatIsOnItsWayToTheStoreCountsForTheBoundsOfSubscriptions) {
    for (const auto bound : {
             &Settings::Limits::subscriptions_per_aor,
             &Settings::Limits::subscriptions_per_watcher,
             &Settings::Limits::subscriptions,
         }) {
        World small(bounded(bound));
        EXPECT_EQ(flood(small), 3U);
        while (small.commits_waiting() > 0) small.commit();
        EXPECT_EQ(small.stats().subscriptions, 3U);
        EXPECT_EQ(flood(small), 0U) << "and it counts once";
        EXPECT_EQ(small.stats().subscriptions, 3U);
    }
}

TEST_F(BoundsOfLateStore, WhatTheStoreCouldNotKeepIsGivenBack) {
    for (const auto bound : {
             &Settings::Limits::subscriptions_per_aor,
             &Settings::Limits::subscriptions_per_watcher,
             &Settings::Limits::subscriptions,
         }) {
        World small(bounded(bound));
        flood(small);
        while (small.commits_waiting() > 0) small.commit(false);
        EXPECT_EQ(small.stats().subscriptions, 0U);
        EXPECT_EQ(flood(small), 3U);
    }
}

}  // namespace
}  // namespace reginfo::test
