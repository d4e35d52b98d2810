/// @file
/// RULES.md, "Shards": a process that shares its store serves what it has opened, and nothing else.

#include "core/event/persistence/unsettled_key.hpp"
#include "tests/core/shards_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace reginfo::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

RequestText request_of(const std::string& method, const Flow& flow) {
    RequestText request;
    request.method = method;
    request.via = "SIP/2.0/UDP " + flow.peer.to_string() + ";branch=" + next_branch() + ";rport";
    request.call_id = next_branch();
    return request;
}

class StandingBy : public SharedStore {
protected:
    void expect_503(const std::string& request) {
        const Sent answer = a.ask(watcher.flow, request);
        EXPECT_EQ(answer.status(), 503) << request;
        EXPECT_FALSE(answer.has("Retry-After"));
    }
};

TEST_F(StandingBy, EveryRequestGets503WithoutRetryAfter) {
    for (const char* method : {"OPTIONS", "INVITE", "NOTIFY", "CANCEL", "REGISTER"}) {
        expect_503(request_of(method, watcher.flow).text());
    }
    expect_503(watcher.subscribe().text());
    expect_503(publisher.request(3600, BodyText{.aor = publisher.aor}.text()).text());
    watcher.to_tag = "1100000000000000";
    expect_503(watcher.subscribe().text());
}

TEST_F(StandingBy, AnAckGetsNothing) {
    a.receive(watcher.flow, request_of("ACK", watcher.flow).text());

    EXPECT_THAT(a.take(), IsEmpty());
}

TEST_F(StandingBy, NothingIsRememberedSoTheSameBytesAreServedOnceTheShardIsOpen) {
    const std::string publish =
        publisher.request(3600, BodyText{.aor = publisher.aor, .contacts = {{.uri = kX}}}.text())
            .text();
    expect_503(publish);
    EXPECT_EQ(a.stats().server_transactions, 0U);

    a.open(kOne);

    EXPECT_EQ(a.ask(publisher.flow, publish).status(), 200);
}

TEST_F(StandingBy, AResponseIsAStray) {
    b.open(kOne);
    b.answers = silent;
    watcher.subscribe(b);
    const Sent notify = b.take_notifies().back();

    a.answer(notify, 200);

    EXPECT_THAT(a.take(), IsEmpty());
    EXPECT_EQ(a.stats().stray_responses, 1U);
}

TEST_F(StandingBy, WhatIsRestoredLiesStill) {
    b.open(kOne);
    publisher.publish(b, {{.uri = kX}}, 60);
    watcher.subscribe(b, 60);
    a.load(kOne, b);

    pass(10min);
    EXPECT_EQ(a.next_deadline(), std::nullopt);
    EXPECT_THAT(a.take(), IsEmpty());
    EXPECT_EQ(a.stats().publications, 1U);
    EXPECT_EQ(a.stats().subscriptions, 1U);
}

TEST_F(StandingBy, WhatIsOverWhenItIsOpenedEndsThen) {
    b.open(kOne);
    publisher.publish(b, {{.uri = kX, .expires = {}}}, 60);
    watcher.subscribe(b, 60);
    a.load(kOne, b);
    a.pass(10min);

    a.open(kOne);
    a.pass(1s);

    const std::vector<Sent> notifies = a.take_notifies();
    ASSERT_FALSE(notifies.empty());
    EXPECT_TRUE(notifies.back().header("Subscription-State").starts_with("terminated"));
    EXPECT_EQ(a.stats().publications, 0U);
    EXPECT_EQ(a.stats().subscriptions, 0U);
}

TEST_F(SharedStore, ADeadlineThatIsToComeCountsFromTheOpeningOn) {
    b.open(kOne);
    publisher.publish(b, {{.uri = kX, .expires = {}}}, 60);
    watcher.subscribe(b, 600);
    b.pass(3s);
    a.pass(3s);
    a.take_over(kOne, b);

    a.pass(50s);
    EXPECT_EQ(a.stats().publications, 1U);
    a.pass(10s);
    EXPECT_EQ(a.stats().publications, 0U);
    EXPECT_EQ(a.take_notifies().size(), 1U);
    a.pass(600s);
    EXPECT_EQ(a.stats().subscriptions, 0U);
}

TEST_F(SharedStore, OptionsAreAnswered200WhereSomethingIsServed) {
    a.open(kOne);

    EXPECT_EQ(a.ask(watcher.flow, request_of("OPTIONS", watcher.flow).text()).status(), 200);
}

TEST_F(SharedStore, WhatIsAskedForInAnotherShardGets503) {
    a.open(kOne);

    EXPECT_EQ(watcher.subscribe(a).status(), 200);
    EXPECT_EQ(publisher.publish(a, {{.uri = kX}}).status(), 200);
    EXPECT_EQ(other_watcher.subscribe(a).status(), 503);
    EXPECT_EQ(other_publisher.publish(a, {{.uri = kX}}).status(), 503);
}

TEST_F(SharedStore, ARequestInADialogIsOfTheShardInItsToTag) {
    b.open(kOther);
    other_watcher.subscribe(b);
    a.open(kOne);

    EXPECT_EQ(other_watcher.subscribe(a).status(), 503);
    EXPECT_EQ(other_watcher.subscribe(b).status(), 200);
}

TEST_F(SharedStore, AToTagThatIsNoneOfOursIsUnknown) {
    a.open(kOne);
    watcher.to_tag = "xyz";

    EXPECT_EQ(watcher.subscribe(a).status(), 481);
}

TEST_F(SharedStore, AfterATakeOverADialogGoesOnBeyondTheReservationAndOnlyTheUnsettledAreTold) {
    b.open(kOne);
    publisher.publish(b, {{.uri = kX}});
    watcher.subscribe(b);
    Watcher settled("settled");
    settled.aor = aor_in(kOne, 1);
    settled.subscribe(b);
    b.pass(3s);
    a.pass(3s);
    b.take();
    b.answers = silent;
    publisher.publish(b, {{.uri = kY}});
    const Sent before = b.take_notifies().back();

    a.take_over(kOne, b);
    a.pass(1s);

    const std::vector<Sent> after = a.take_notifies();
    ASSERT_EQ(after.size(), 1U);
    EXPECT_TRUE(watcher.owns(after[0]));
    EXPECT_GT(after[0].cseq(), before.cseq());
    EXPECT_EQ(watcher.subscribe(a).status(), 200);
    EXPECT_EQ(settled.subscribe(a).status(), 200);
    EXPECT_EQ(publisher.refresh(a).status(), 200);
}

TEST_F(SharedStore, TheSameRequestGetsTheAnswerThatItGotElsewhere) {
    b.open(kOne);
    const std::string publish =
        publisher.request(3600, BodyText{.aor = publisher.aor, .contacts = {{.uri = kX}}}.text())
            .text();
    const std::string tag = b.ask(publisher.flow, publish).header("SIP-ETag");
    a.take_over(kOne, b);

    EXPECT_EQ(a.ask(publisher.flow, publish).header("SIP-ETag"), tag);
    EXPECT_EQ(a.stats().publications, 1U);
}

TEST_F(SharedStore, AShardIsReadWhileAnotherOneIsServed) {
    b.open(kOther);
    other_publisher.publish(b, {{.uri = kX}}, 60);
    a.open(kOne);
    a.load(kOther, b);

    EXPECT_EQ(publisher.publish(a, {{.uri = kX}}).status(), 200);
    EXPECT_EQ(other_publisher.refresh(a).status(), 503);
    a.pass(10min);
    EXPECT_EQ(a.stats().publications, 2U);
}

TEST_F(SharedStore, AllThatACommitWritesIsOfItsShard) {
    serve_both();
    for (const auto& [world, shard] : {std::pair{&a, kOne}, std::pair{&a, kOther}}) {
        b.take_over(shard, *world);
    }

    EXPECT_EQ(b.records_kept(), a.records_kept());
    EXPECT_EQ(watcher.subscribe(b).status(), 200);
    EXPECT_EQ(other_watcher.subscribe(b).status(), 200);
}

TEST_F(SharedStore, WhatHasSettledIsTakenOutOfEachShard) {
    serve_both();

    EXPECT_EQ(a.unsettled_kept(), 0U);
}

TEST_F(SharedStore, AnEntryOfTheUnsettledWithoutARecordIsTakenOutWhenItsShardIsOpened) {
    const std::string key = unsettled_key(7, UnsettledKind::aor, "sip:gone@example.org");
    const std::string other = unsettled_key(7, UnsettledKind::aor, "sip:other@example.org");
    a.engine().restore(a.now(), {Bucket::unsettled, key, "", 1s, kOne});
    a.engine().restore(a.now(), {Bucket::unsettled, other, "", 1s, kOther});

    Outbox outbox;
    a.engine().open_shard(a.now(), kOne, outbox);

    ASSERT_EQ(outbox.effects().size(), 1U);
    const Commit& commit = std::get<Commit>(outbox.effects()[0]);
    EXPECT_EQ(commit.shard, kOne);
    ASSERT_EQ(commit.writes.size(), 1U);
    EXPECT_EQ(commit.writes[0].key, key);
    EXPECT_FALSE(commit.writes[0].value.has_value());
}

}  // namespace
}  // namespace reginfo::test
