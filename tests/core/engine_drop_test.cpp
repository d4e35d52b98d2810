/// @file
/// RULES.md, "Shards": a shard that another process serves is forgotten without a word.

#include "core/event/records/aor.hpp"
#include "tests/core/shards_fixture.hpp"
#include "tests/support/profile_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace reginfo::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// Whether it heard anything.
struct Listener final : Observer {
    void registration_changed(TimePoint, const Aor&) override { ++heard; }
    void subscription_changed(TimePoint, const Subscription&, SubscriptionEvent) override {
        ++heard;
    }
    int heard = 0;
};

class Drop : public SharedStore {
protected:
    std::string publish_text(const Publisher& who, const char* uri = kX) {
        return who.request(3600, BodyText{.aor = who.aor, .contacts = {{.uri = uri}}}.text())
            .text();
    }

    void expect_nothing_left() {
        const Stats& left = a.stats();
        EXPECT_EQ(left.aors, 0U);
        EXPECT_EQ(left.publications, 0U);
        EXPECT_EQ(left.contacts_active, 0U);
        EXPECT_EQ(left.contacts_ended, 0U);
        EXPECT_EQ(left.subscriptions, 0U);
        for (const std::uint64_t count : left.subscriptions_by_profile) EXPECT_EQ(count, 0U);
        EXPECT_EQ(left.dialogs, 0U);
        EXPECT_EQ(left.server_transactions, 0U);
        EXPECT_EQ(left.notifies_in_flight, 0U);
        EXPECT_EQ(left.notifies_queued, 0U);
        EXPECT_EQ(left.windows, 0U);
        EXPECT_EQ(left.window_limit_sum, 0U);
        EXPECT_EQ(left.commits_pending, 0U);
        EXPECT_EQ(left.missed, 0U);
        const MemoryUse memory = a.engine().inspection().memory();
        EXPECT_EQ(memory.publications, 0U);
        EXPECT_EQ(memory.subscriptions, 0U);
        EXPECT_EQ(memory.documents, 0U);
        EXPECT_EQ(memory.notifies, 0U);
        EXPECT_EQ(memory.waiting_requests, 0U);
        EXPECT_EQ(memory.aor_count, 0U);
        EXPECT_EQ(memory.subscription_count, 0U);
        EXPECT_EQ(memory.transaction_count, 0U);
        EXPECT_EQ(a.next_deadline(), std::nullopt);
    }

    void drop_silently(Shard shard) {
        Listener listener;
        const Stats before = a.stats();
        const std::size_t kept = a.records_kept();
        const std::size_t waiting = a.commits_waiting();
        a.take();
        a.engine().observe(&listener);
        drop_all(a, shard);
        a.pass(100s);
        a.engine().observe(nullptr);
        EXPECT_THAT(a.take(), IsEmpty());
        EXPECT_EQ(a.records_kept(), kept);
        EXPECT_EQ(a.commits_waiting(), waiting);
        EXPECT_EQ(listener.heard, 0);
        EXPECT_EQ(a.stats().notify_outcomes, before.notify_outcomes);
        EXPECT_EQ(a.stats().subscriptions_failed, before.subscriptions_failed);
        EXPECT_EQ(a.stats().publications_removed, before.publications_removed);
        EXPECT_EQ(a.stats().commits_failed, before.commits_failed);
    }
};

TEST_F(Drop, NothingIsLeftAndNothingLeaves) {
    a.open(kOne);
    publisher.publish(a, {{.uri = kX}, {.uri = kY}});
    watcher.subscribe(a);
    publisher.publish(a, {{.uri = kX}});

    drop_silently(kOne);

    expect_nothing_left();
    EXPECT_EQ(publisher.refresh(a).status(), 503);
    EXPECT_EQ(watcher.subscribe(a).status(), 503);
}

TEST_F(Drop, NotifiesInFlightAndThoseThatWaitAreForgotten) {
    a.open(kOne);
    a.answers = silent;
    for (int i = 0; i < 60; ++i) {
        Watcher one("crowd" + std::to_string(i));
        one.aor = aor_in(kOne, i % 4);
        one.subscribe(a);
    }
    ASSERT_GT(a.stats().notifies_in_flight, 0U);
    ASSERT_GT(a.stats().notifies_queued, 0U);

    drop_silently(kOne);

    expect_nothing_left();
}

TEST_F(Drop, AnAnswerToWhatWasInFlightIsAStray) {
    a.open(kOne);
    a.answers = silent;
    watcher.subscribe(a);
    const Sent notify = a.take_notifies().back();
    drop_silently(kOne);

    a.answer(notify, 481);

    EXPECT_THAT(a.take(), IsEmpty());
    EXPECT_EQ(a.stats().stray_responses, 1U);
}

TEST_F(Drop, WhatIsBeingStoredComesToNothingAndItsRequestStaysUnanswered) {
    a.open(kOne);
    watcher.subscribe(a);
    a.store_answers_late = true;
    a.receive(publisher.flow, publish_text(publisher));
    a.receive(watcher.flow, watcher.subscribe().text());
    Watcher fresh("fresh");
    fresh.aor = aor_in(kOne, 1);
    a.receive(fresh.flow, fresh.subscribe().text());
    ASSERT_EQ(a.stats().commits_pending, 3U);

    drop_silently(kOne);
    expect_nothing_left();

    while (a.commits_waiting() > 0) a.commit();  // they were not fenced after all
    EXPECT_THAT(a.take(), IsEmpty());
    expect_nothing_left();
}

TEST_F(Drop, RequestsBehindAChangeStayUnanswered) {
    a.open(kOne);
    watcher.subscribe(a);
    a.store_answers_late = true;
    a.receive(publisher.flow, publish_text(publisher));
    a.receive(publisher.flow, publish_text(publisher, kY));
    a.receive(watcher.flow, watcher.subscribe().text());
    a.receive(watcher.flow, watcher.subscribe().text());
    ASSERT_GT(a.engine().inspection().memory().waiting_requests, 0U);

    drop_silently(kOne);

    expect_nothing_left();
}

TEST_F(Drop, ASubscribeThatWaitsForItsPublishStaysUnanswered) {
    a.open(kOne);
    watcher.user_agent = "ImsStack";
    Settings ims = settings();
    ims.profile_rules = {{.profile = Profile::ims, .user_agent = "ImsStack"}};
    a.engine().handle_reload(ims);
    a.receive(watcher.flow, watcher.subscribe().text());
    ASSERT_GT(a.engine().inspection().memory().waiting_requests, 0U);

    drop_silently(kOne);

    expect_nothing_left();
}

TEST_F(Drop, ALookUpThatIsAnsweredLaterIsNobodys) {
    a.open(kOne);
    watcher.contact = "sip:bob@phone.example.org";
    watcher.subscribe(a);
    ASSERT_EQ(a.resolves.size(), 1U);
    drop_silently(kOne);

    a.resolved(a.resolves[0].id, std::vector<Endpoint>{endpoint("198.51.100.1")});

    EXPECT_THAT(a.take(), IsEmpty());
    expect_nothing_left();
}

TEST_F(Drop, WhatWasReadAndNeverOpenedIsForgottenToo) {
    b.open(kOne);
    b.answers = silent;
    publisher.publish(b, {{.uri = kX}}, 60);
    watcher.subscribe(b, 60);
    a.load(kOne, b);

    drop_silently(kOne);

    expect_nothing_left();
}

TEST_F(Drop, WhatWasMissedIsForgotten) {
    b.open(kOne);
    b.answers = silent;
    for (int i = 0; i < 100; ++i) {
        Watcher one("crowd" + std::to_string(i));
        one.aor = aor_in(kOne, i % 4);
        one.subscribe(b);
    }
    a.take_over(kOne, b);
    ASSERT_GT(a.stats().missed, 0U);

    drop_silently(kOne);

    expect_nothing_left();
}

TEST_F(Drop, OtherShardsGoOn) {
    serve_both();
    a.store_answers_late = true;
    a.receive(publisher.flow, publish_text(publisher, kY));
    a.receive(other_publisher.flow, publish_text(other_publisher, kY));
    a.take();

    drop_all(a, kOne);
    a.commit();
    a.commit();
    a.store_answers_late = false;
    a.pass(1s);

    const std::vector<Sent> sent = a.take();
    ASSERT_EQ(sent.size(), 2U);
    EXPECT_EQ(sent[0].status(), 200);
    EXPECT_EQ(sent[0].flow, other_publisher.flow);
    EXPECT_TRUE(other_watcher.owns(sent[1]));
    EXPECT_EQ(a.stats().publications, 1U);
    EXPECT_EQ(a.stats().subscriptions, 1U);
    EXPECT_EQ(other_watcher.subscribe(a).status(), 200);
}

TEST_F(Drop, OneOfAnotherShardThatWaitsForThePlaceOfWhatIsForgottenLeaves) {
    a.open(kOne);
    a.open(kOther);
    a.answers = silent;
    for (int i = 0; i < 60; ++i) {
        Watcher one("crowd" + std::to_string(i));
        one.aor = aor_in(kOne, i);
        one.subscribe(a);
    }
    other_watcher.subscribe(a);
    a.take();
    ASSERT_GT(a.stats().notifies_queued, 0U);

    drop_all(a, kOne);
    a.pass(0s);

    const std::vector<Sent> notifies = a.take_notifies();
    ASSERT_EQ(notifies.size(), 1U);
    EXPECT_TRUE(other_watcher.owns(notifies[0]));
}

TEST_F(Drop, AShardIsNotServedWhileItIsForgottenInPieces) {
    a.open(kOne);
    a.answers = silent;
    Settings wide = settings();
    wide.limits.subscriptions_per_aor = 100'000;
    a.engine().handle_reload(wide);
    publisher.publish(a, {{.uri = kX}});
    for (int i = 0; i < 5'000; ++i) {
        Watcher one("crowd" + std::to_string(i));
        one.aor = publisher.aor;
        a.receive(one.flow, one.subscribe().text());
    }
    a.take();

    int pieces = 1;
    while (a.drop(kOne)) {
        ++pieces;
        a.pass(5s);
        EXPECT_THAT(a.take(), IsEmpty());
        EXPECT_EQ(publisher.refresh(a).status(), 503);
    }

    EXPECT_GE(pieces, 3);
    a.pass(1s);
    expect_nothing_left();
}

TEST_F(Drop, AShardThatComesBackIsAsTheOtherProcessLeftIt) {
    serve_both();
    ASSERT_EQ(publisher.publish(a, {{.uri = kY, .cseq = 2}}).status(), 200);
    pass(3s);
    const Sent before = a.take_notifies().back();

    b.take_over(kOne, a);
    drop_all(a, kOne);
    EXPECT_EQ(publisher.publish(b, {{.uri = kX, .cseq = 3}}).status(), 200);
    pass(3s);
    const Sent there = b.take_notifies().back();
    EXPECT_GT(there.cseq(), before.cseq());
    drop_all(b, kOne);
    a.take_over(kOne, b);
    EXPECT_EQ(publisher.publish(a, {{.uri = kY, .cseq = 4}}).status(), 200);
    pass(3s);

    const Sent back = a.take_notifies().back();
    EXPECT_GT(back.cseq(), there.cseq());
    EXPECT_EQ(watcher.subscribe(a).status(), 200);
    EXPECT_EQ(a.stats().publications, 2U);
}

TEST_F(Drop, ARefusalOfBeforeIsNotRepeatedWhenTheShardComesBack) {
    a.open(kOne);
    publisher.etag = "0123456789abcdef";
    const std::string refused = publish_text(publisher);
    ASSERT_EQ(a.ask(publisher.flow, refused).status(), 412);
    drop_all(a, kOne);

    a.open(kOne);
    a.take();
    a.receive(publisher.flow, refused);

    EXPECT_EQ(a.stats().retransmissions_received, 0U);
}

TEST_F(Drop, AWatcherOfASetInAnotherShardStaysAndIsToldWhenThatComesBack) {
    Settings ims = settings();
    ims.profile_rules = {{.profile = Profile::ims, .user_agent = "ImsStack"}};
    a.engine().handle_reload(ims);
    a.open(kOne);
    a.open(kOther);
    // The set is published under an AOR of one shard, and lists an identity of the other.
    const std::string set =
        BodyText{
            .aor = publisher.aor,
            .contacts = {{.uri = kX}},
            .more = member(other_watcher.aor, member_contact(kX))
        }
            .text();
    ASSERT_EQ(publisher.publish_text(a, set).status(), 200);
    other_watcher.user_agent = "ImsStack";
    ASSERT_EQ(other_watcher.subscribe(a).status(), 200);
    pass(3s);
    a.take();

    drop_all(a, kOne);
    pass(10s);
    EXPECT_THAT(a.take(), IsEmpty());
    EXPECT_EQ(a.stats().subscriptions, 1U);
    EXPECT_EQ(a.stats().publications, 0U);

    a.take_over(kOne, a);
    a.pass(1s);
    const std::vector<Sent> notifies = a.take_notifies();
    ASSERT_EQ(notifies.size(), 1U);
    EXPECT_TRUE(other_watcher.owns(notifies[0]));

    drop_all(a, kOther);
    EXPECT_EQ(a.stats().subscriptions, 0U);
    EXPECT_EQ(a.stats().publications, 1U);
}

}  // namespace
}  // namespace reginfo::test
