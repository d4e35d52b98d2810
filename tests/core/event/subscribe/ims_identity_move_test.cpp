/// @file
/// A watcher of an identity stays with the set that lists it, and moves with the identity to
/// another one (TS 24.229 §5.4.2.1.1).

#include "tests/core/event/subscribe/ims_identity_fixture.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reginfo::test {
namespace {

TEST_F(ImsIdentity, WithAContactOfItsOwnAorItsOwnStateComesFirst) {
    publish_set({kTel});
    Publisher own = publisher_of(kTel);
    publish_set(world, own, {kMsisdn}, "sip:own@192.0.2.20");
    watcher.subscribe(world);
    const Sent notify = told();
    EXPECT_EQ(registration_in(notify, kImsi), std::string_view::npos);
    EXPECT_TRUE(has(notify, "sip:own@192.0.2.20"));
    own.remove(world);
    const Sent moved = told();
    EXPECT_TRUE(moved.header("Subscription-State").starts_with("active"));
    EXPECT_NE(registration_in(moved, kImsi), std::string_view::npos);
}

TEST_F(ImsIdentity, OfSeveralSetsItFindsTheOneInWhichItIsRegisteredLongest) {
    Publisher brief = publisher_of("sip:brief@ims.example.org");
    Publisher late = publisher_of("sip:late@ims.example.org");
    publish_set(world, publisher, {kTel}, kContact, 1000);
    publish_set(world, late, {kTel}, kContact, 2000);
    publish_set(world, brief, {kTel}, kContact, 500);
    watcher.subscribe(world);
    EXPECT_NE(registration_in(told(), late.aor), std::string_view::npos);
    EXPECT_EQ(late.remove(world).status(), 200);
    const Sent moved = told();
    EXPECT_NE(registration_in(moved, kImsi), std::string_view::npos);
    EXPECT_EQ(version_of(moved), "1");
}

TEST_F(ImsIdentity, StaysWithItsSetWhenItIsTakenOutAndItsWatcherIsNotified) {
    watch();
    publish_set({kMsisdn});
    const Sent notify = told();
    EXPECT_TRUE(notify.header("Subscription-State").starts_with("active"));
    const auto at = registration_in(notify, kTel);
    ASSERT_NE(at, std::string_view::npos);
    const std::string_view rest = notify.body().substr(at);
    EXPECT_NE(rest.find("state=\"terminated\""), std::string_view::npos);
    EXPECT_EQ(rest.find("state=\"active\""), std::string_view::npos);
    publish_set({});
    EXPECT_EQ(version_of(told()), "2");  // the set changes still
}

TEST_F(ImsIdentity, TakenOutItMovesAsSoonAsAnotherSetListsIt) {
    watch();
    publish_set({kMsisdn});
    const Sent out = told();
    Publisher other = publisher_of("sip:other@ims.example.org");
    publish_set(world, other, {kTel}, "sip:new@192.0.2.20");
    const Sent moved = told();
    EXPECT_EQ(moved.cseq(), out.cseq() + 1);
    EXPECT_EQ(version_of(moved), "2");
    EXPECT_TRUE(has(moved, "state=\"full\""));
    EXPECT_NE(registration_in(moved, other.aor), std::string_view::npos);
    EXPECT_EQ(registration_in(moved, kImsi), std::string_view::npos);
    publish_set({});
    EXPECT_TRUE(world.take_notifies().empty());
    publish_set(world, other, {kTel, kMsisdn}, "sip:new@192.0.2.20");
    EXPECT_EQ(version_of(told()), "3");
    EXPECT_EQ(watcher.subscribe(world).status(), 200);
    EXPECT_NE(registration_in(told(), other.aor), std::string_view::npos);
    other.remove(world);
    EXPECT_TRUE(told().header("Subscription-State").starts_with("terminated"));
}

TEST_F(ImsIdentity, TakenOutItMovesAtOnceToWhereItIsListedAlready) {
    watch();
    Publisher other = publisher_of("sip:other@ims.example.org");
    publish_set(world, other, {kTel});
    EXPECT_TRUE(world.take_notifies().empty());
    publish_set({kMsisdn});
    EXPECT_NE(registration_in(told(), other.aor), std::string_view::npos);
}

TEST_F(ImsIdentity, MovesToAnAorOfItsOwn) {
    watch();
    publish_set({});
    world.take();
    Publisher own = publisher_of(kTel);
    publish_set(world, own, {}, "sip:own@192.0.2.20");
    const Sent moved = told();
    EXPECT_NE(registration_in(moved, kTel), std::string_view::npos);
    EXPECT_EQ(registration_in(moved, kImsi), std::string_view::npos);
    EXPECT_EQ(
        world.engine().inspection().registration(world.now(), kImsi, 1)->summary.watchers, 0U
    );
}

TEST_F(ImsIdentity, TheAorOfASetMovesAsItsOtherIdentitiesDo) {
    publish_set({kMsisdn});
    watcher.aor = kImsi;
    watcher.subscribe(world);
    world.take();
    Publisher next = publisher_of(kMsisdn);
    publish_set(world, next, {kImsi}, "sip:new@192.0.2.20");
    EXPECT_TRUE(world.take_notifies().empty());
    publisher.remove(world);
    const Sent moved = told();
    EXPECT_TRUE(moved.header("Subscription-State").starts_with("active"));
    EXPECT_TRUE(has(moved, "sip:new@192.0.2.20"));
    EXPECT_LT(registration_in(moved, kMsisdn), registration_in(moved, kImsi));
}

TEST_F(ImsIdentity, ListedAgainItIsWithItsSetAsBefore) {
    watch();
    publish_set({});
    publish_set({kTel});
    world.take();
    Publisher other = publisher_of("sip:other@ims.example.org");
    publish_set(world, other, {kTel});
    EXPECT_TRUE(world.take_notifies().empty());
}

TEST_F(ImsIdentity, EndsWithTheLastContactOfItsSet) {
    watch();
    publish_set({});
    world.take();
    publisher.remove(world);
    EXPECT_EQ(told().header("Subscription-State"), "terminated;reason=deactivated");
    EXPECT_EQ(world.stats().subscriptions, 0U);
    EXPECT_EQ(world.stats().aors, 0U);
}

TEST_F(ImsIdentity, AnAnswerFromBeforeItMovedDoesNotCountForTheOtherSet) {
    watch();
    for (int i = 0; i < 5; ++i)
        publish_set(i % 2 == 0 ? Identities{kTel} : Identities{kTel, kMsisdn});
    world.take();
    world.answers = [](const Sent&) { return std::nullopt; };
    publish_set({});
    const Sent old = told();
    Publisher other = publisher_of("sip:other@ims.example.org");
    publish_set(world, other, {kTel}, "sip:new@192.0.2.20");
    world.answer(old, 200);
    const Sent moved = told();
    EXPECT_TRUE(has(moved, "sip:new@192.0.2.20"));
    world.answer(moved, 200);
    world.pass(40s);
    world.take();
    EXPECT_EQ(world.stats().subscriptions, 1U);
    const auto details = world.engine().inspection().registration(world.now(), other.aor, 1);
    EXPECT_EQ(details->summary.watchers_behind, 0U);
}

TEST_F(ImsIdentity, AllItsWatchersMoveHoweverManyATurnTakes) {
    publish_set({kTel});
    std::vector<Watcher> crowd;
    for (int i = 0; i < 300; ++i) {
        Watcher& one = crowd.emplace_back("c" + std::to_string(i));
        one.aor = kTel;
        ASSERT_EQ(one.subscribe(world).status(), 200);
    }
    publish_set({});
    world.pass(1s);
    world.take();
    Publisher other = publisher_of("sip:other@ims.example.org");
    publish_set(world, other, {kTel});
    world.pass(1s);
    EXPECT_EQ(world.take_notifies().size(), 300U);
    EXPECT_EQ(
        world.engine().inspection().registration(world.now(), other.aor, 1)->summary.watchers, 300U
    );
}

TEST_F(ImsIdentity, AWatcherThatHasEndedDoesNotMove) {
    watch();
    publish_set({});
    watcher.subscribe(world, 0);
    world.take();
    EXPECT_EQ(world.stats().subscriptions, 0U);
    Watcher next("w2");  // in its slot
    next.aor = kImsi;
    next.subscribe(world);
    world.take();
    Publisher other = publisher_of("sip:other@ims.example.org");
    publish_set(world, other, {kTel});
    EXPECT_TRUE(world.take_notifies().empty());
}

TEST(ImsIdentityBounds, SubscriptionsPerAorAreCountedWhereTheSetIs) {
    Settings settings = settings_with(Profile::ims);
    settings.limits.subscriptions_per_aor = 1;
    World world(settings);
    Publisher publisher;
    const auto publish = [&](const std::string& more) {
        const BodyText body{.contacts = {{.uri = kContact}}, .more = more};
        publisher.publish_text(world, body.text());
    };
    publish(member(kTel, member_contact(kContact)));
    Watcher first("w1");
    first.aor = kTel;
    EXPECT_EQ(first.subscribe(world).status(), 200);
    Watcher second("w2");
    EXPECT_EQ(second.subscribe(world).status(), 503);

    Publisher full;
    full.aor = "sip:full@example.org";
    full.publish(world, {{.uri = kContact}});
    Watcher third("w3");
    third.aor = full.aor;
    EXPECT_EQ(third.subscribe(world).status(), 200);
    const BodyText both{
        .aor = full.aor,
        .contacts = {{.uri = kContact}},
        .more = member(kTel, member_contact(kContact))
    };
    full.publish_text(world, both.text());
    publish("");
    world.take();
    const auto here = world.engine().inspection().registration(world.now(), publisher.aor, 1);
    EXPECT_EQ(here->summary.watchers, 1U);  // no room there
    third.subscribe(world, 0);
    world.take();
    full.publish_text(
        world,
        BodyText{.aor = full.aor, .contacts = {{.uri = "sip:new@192.0.2.20"}}, .more = both.more}
            .text()
    );
    EXPECT_EQ(
        world.engine().inspection().registration(world.now(), full.aor, 1)->summary.watchers, 1U
    );
}

}  // namespace
}  // namespace reginfo::test
