/// @file
/// A process that has no state serves nobody (Engine::stand_by), and one that loses it forgets it
/// without a word.

#include "core/event/records/dialog_storage.hpp"
#include "tests/core/restart_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace reginfo::test {
namespace {

using ::testing::IsEmpty;

std::string body_of(const char* uri) { return BodyText{.contacts = {{.uri = uri}}}.text(); }

class StandBy : public Restart {
protected:
    std::string options() const {
        RequestText request;
        request.method = "OPTIONS";
        request.uri = "sip:192.0.2.1:5060";
        request.via = "SIP/2.0/UDP " + watcher.flow.peer.to_string() + ";branch=" + next_branch();
        request.to = "<sip:192.0.2.1:5060>";
        return request.text();
    }
};

TEST_F(StandBy, EveryRequestIsRefusedSoThatAnEdgeAsksTheNext) {
    world.stand_by();
    for (const Sent& refused : {
             world.ask(watcher.flow, options()),
             watcher.subscribe(world),
             publisher.publish(world, {{.uri = kX}}),
         }) {
        EXPECT_EQ(refused.status(), 503);
        EXPECT_FALSE(refused.has("Retry-After"));
    }
}

TEST_F(StandBy, WhereRequestsGoOnToAnotherProcessOptionsIsServedAndNothingElse) {
    world.engine().set_relaying(true);
    world.stand_by();
    world.engine().handle_suspended();  // it has no lease
    EXPECT_EQ(world.ask(watcher.flow, options()).status(), 200);
    EXPECT_EQ(watcher.subscribe(world).status(), 503);
    world.engine().set_relaying(false);
    EXPECT_EQ(world.ask(watcher.flow, options()).status(), 503);
}

TEST_F(StandBy, OneWithAStateAndWithoutALeaseDoesNotServeOptionsWhateverGoesOn) {
    world.engine().set_relaying(true);
    world.engine().handle_suspended();
    EXPECT_EQ(world.ask(watcher.flow, options()).status(), 503);
}

TEST_F(StandBy, ARequestThatWasRefusedIsServedIfItComesAgainLater) {
    const std::string request = publisher.request(3600, body_of(kX)).text();
    world.stand_by();
    EXPECT_EQ(world.ask(publisher.flow, request).status(), 503);
    world.serve();
    EXPECT_EQ(world.ask(publisher.flow, request).status(), 200);
}

TEST_F(StandBy, EverythingIsForgottenWithoutAMessageOrAWrite) {
    watcher.subscribe(world);
    publish({{.uri = kX}});
    world.take();
    const std::size_t records = world.records_kept();

    world.stand_by();
    world.pass(2h);

    EXPECT_THAT(world.take(), IsEmpty());
    EXPECT_EQ(world.records_kept(), records);
    EXPECT_EQ(world.stats().aors, 0U);
    EXPECT_EQ(world.stats().publications, 0U);
    EXPECT_EQ(world.stats().subscriptions, 0U);
}

TEST_F(StandBy, WhatWasRestoredMeanwhileIsServed) {
    watcher.subscribe(world);
    publish({{.uri = kX}});
    world.pass(3s);
    world.stand_by();
    world.take();
    world.serve();

    EXPECT_EQ(publisher.publish(world, {{.uri = kY}}).status(), 200) << "its entity-tag is known";
    EXPECT_EQ(world.take_notifies().size(), 1U);
    EXPECT_EQ(watcher.subscribe(world).status(), 200) << "its dialog goes on";
}

TEST_F(StandBy, ACommitThatIsAnsweredTooLateIsNobodys) {
    world.store_answers_late = true;
    world.receive(publisher.flow, publisher.request(3600, body_of(kX)).text());
    ASSERT_EQ(world.commits_waiting(), 1U);
    world.stand_by();
    world.serve();
    world.receive(publisher.flow, publisher.request(3600, body_of(kY)).text());
    ASSERT_EQ(world.commits_waiting(), 2U);

    world.commit();
    EXPECT_THAT(world.take(), IsEmpty()) << "the number of a commit is not used again";
    world.commit();
    EXPECT_EQ(world.take_one().status(), 200);
}

TEST_F(StandBy, ADrainThatHasBegunComesToItsEnd) {
    watcher.subscribe(world);
    world.drain();
    world.stand_by();
    world.pass(5s);
    EXPECT_TRUE(world.engine().is_drained());
}

class PresentRecord : public Restart {
protected:
    static constexpr const char* kAor = "sip:alice@example.org";
};

TEST_F(PresentRecord, IsWhatTheStoreHas) {
    watcher.subscribe(world);
    publish({{.uri = kX}});
    const std::string dialog = world.keys_kept(Bucket::dialog).at(0);

    EXPECT_EQ(world.present(Bucket::aor, kAor), world.kept(Bucket::aor, kAor));
    EXPECT_TRUE(world.present(Bucket::dialog, dialog));
}

TEST_F(PresentRecord, IsNoneOfWhatIsGone) {
    watcher.subscribe(world);
    publish({{.uri = kX}});
    const std::string dialog = world.keys_kept(Bucket::dialog).at(0);
    watcher.subscribe(world, 0);
    publish({}, 0);
    world.pass(10s);

    EXPECT_EQ(world.present(Bucket::aor, kAor), std::nullopt);
    EXPECT_EQ(world.present(Bucket::dialog, dialog), std::nullopt);
}

TEST_F(PresentRecord, HasNoChangeThatTheStoreHasNotAnswered) {
    publish({{.uri = kX}});
    const auto before = world.present(Bucket::aor, kAor);
    world.store_answers_late = true;
    world.receive(publisher.flow, publisher.request(3600, body_of(kY)).text());
    EXPECT_EQ(world.present(Bucket::aor, kAor), before);
    world.commit();
    EXPECT_NE(world.present(Bucket::aor, kAor), before);
}

TEST_F(PresentRecord, HasWhatTheStoreAnsweredWhileTheLeaseWasOver) {
    world.store_answers_late = true;
    world.receive(publisher.flow, publisher.request(3600, body_of(kX)).text());
    world.suspend();
    world.commit();
    EXPECT_EQ(world.present(Bucket::aor, kAor), world.kept(Bucket::aor, kAor));
    world.resume();
    EXPECT_EQ(world.stats().publications, 1U);
}

TEST_F(PresentRecord, OfTheUnsettledIsAlwaysThere) {
    EXPECT_TRUE(world.present(Bucket::unsettled, "any"));
}

}  // namespace
}  // namespace reginfo::test
