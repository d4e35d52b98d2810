/// @file
/// A SUBSCRIBE of a profile that needs a registered AOR (TS 24.229 §5.4.2.1.1) and comes just
/// before the PUBLISH that registers it: it waits for that a little.

#include "tests/support/addresses.hpp"
#include "tests/support/profile_fixture.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace reginfo::test {
namespace {

class EarlySubscribe : public ::testing::Test {
protected:
    explicit EarlySubscribe(Settings settings = settings_with(Profile::ims))
        : world(std::move(settings)) {}

    void ask(Watcher& who, int expires = 3600) {
        world.receive(who.flow, who.subscribe(expires).text());
    }

    /// What was answered to requests since the last call.
    std::vector<Sent> answers() {
        std::vector<Sent> all = world.take();
        std::erase_if(all, [](const Sent& sent) { return sent.message.is_request; });
        return all;
    }
    std::vector<int> statuses() {
        std::vector<int> all;
        for (const Sent& answer : answers()) all.push_back(answer.status());
        return all;
    }

    static std::string set_with(const std::string& other) {
        const ContactText contact{.uri = "sip:ue@192.0.2.10"};
        return BodyText{.contacts = {contact}, .more = member(other, member_contact(contact.uri))}
            .text();
    }

    std::uint64_t held_bytes() { return world.engine().inspection().memory().waiting_requests; }

    using Statuses = std::vector<int>;

    World world;
    Watcher watcher{"w1"};
    Publisher publisher;
};

TEST_F(EarlySubscribe, IsAnsweredAsSoonAsItsAorIsPublished) {
    ask(watcher);
    world.pass(250ms);
    EXPECT_TRUE(world.take().empty());
    EXPECT_GT(held_bytes(), 0U);
    EXPECT_EQ(publisher.publish(world, {{.uri = "sip:ue@192.0.2.10"}}).status(), 200);
    const auto sent = world.take();
    ASSERT_EQ(sent.size(), 2U);
    EXPECT_EQ(sent[0].status(), 200);
    EXPECT_TRUE(sent[1].is_notify());
    EXPECT_EQ(held_bytes(), 0U);
    world.pass(1s);
    EXPECT_TRUE(answers().empty());
}

TEST_F(EarlySubscribe, IsAnsweredAsSoonAsItsIdentityIsListedInASet) {
    watcher.aor = kTel;
    ask(watcher);
    EXPECT_EQ(publisher.publish_text(world, set_with("tel:+49-12-34")).status(), 200);
    const auto sent = world.take();
    ASSERT_EQ(sent.size(), 2U);
    EXPECT_EQ(sent[0].status(), 200);
    EXPECT_TRUE(has(sent[1], "aor=\"sip:alice@example.org\""));
}

TEST_F(EarlySubscribe, IsRefusedWithRetryAfterWhenItsTimeIsOver) {
    ask(watcher);
    EXPECT_EQ(publisher.publish_text(world, BodyText{.contacts = {}}.text()).status(), 200);
    world.pass(299ms);
    EXPECT_TRUE(answers().empty());
    world.pass(2ms);
    const auto refused = answers();
    ASSERT_EQ(refused.size(), 1U);
    EXPECT_EQ(refused[0].status(), 480);
    EXPECT_EQ(refused[0].header("Retry-After"), "10");
    EXPECT_EQ(held_bytes(), 0U);
}

TEST_F(EarlySubscribe, AFetchWaitsAsWell) {
    ask(watcher, 0);
    publisher.publish(world, {{.uri = "sip:ue@192.0.2.10"}});
    const auto sent = world.take();
    ASSERT_EQ(sent.size(), 2U);
    EXPECT_TRUE(has(sent[1], "sip:ue@192.0.2.10"));
}

TEST_F(EarlySubscribe, ThatComesAgainIsTheSame) {
    const std::string request = watcher.subscribe(3600).text();
    world.receive(watcher.flow, request);
    const std::uint64_t held = held_bytes();
    world.receive(watcher.flow, request);
    EXPECT_EQ(held_bytes(), held);
    publisher.publish(world, {{.uri = "sip:ue@192.0.2.10"}});
    EXPECT_EQ(statuses(), (Statuses{200}));
    world.receive(watcher.flow, request);
    EXPECT_EQ(statuses(), (Statuses{200}));
    EXPECT_EQ(world.stats().subscriptions, 1U);
}

TEST_F(EarlySubscribe, CannotBeCancelled) {
    RequestText request = watcher.subscribe(3600);
    world.receive(watcher.flow, request.text());
    request.method = "CANCEL";
    request.event = request.expires = request.contact = "";
    world.receive(watcher.flow, request.text());
    EXPECT_EQ(statuses(), (Statuses{200}));
    publisher.publish(world, {{.uri = "sip:ue@192.0.2.10"}});
    EXPECT_EQ(statuses(), (Statuses{200}));
    EXPECT_EQ(world.stats().subscriptions, 1U);
}

TEST_F(EarlySubscribe, IsAnsweredAlsoWhereItsConnectionIsGone) {
    watcher.flow = tcp_flow("198.51.100.1", 5060, 7);
    ask(watcher);
    world.close(watcher.flow);
    publisher.publish(world, {{.uri = "sip:ue@192.0.2.10"}});
    EXPECT_EQ(answers().at(0).reconnect_port, 5060);
}

TEST_F(EarlySubscribe, IsRefusedAtOnceWhenTheServerIsToStop) {
    ask(watcher);
    world.drain();
    EXPECT_EQ(statuses(), (Statuses{480}));
    EXPECT_EQ(held_bytes(), 0U);
}

TEST_F(EarlySubscribe, OfOneIdentitySoManyWait) {
    for (std::size_t i = 0; i <= 64; ++i) {
        Watcher one("w" + std::to_string(i));
        ask(one);
    }
    EXPECT_EQ(statuses(), (Statuses{480}));
    Watcher other("other");
    other.aor = "sip:bob@example.org";
    ask(other);
    EXPECT_TRUE(answers().empty());
    publisher.publish(world, {{.uri = "sip:ue@192.0.2.10"}});
    EXPECT_EQ(statuses(), Statuses(64, 200));
    world.pass(300ms);
    EXPECT_EQ(statuses(), (Statuses{480}));
}

TEST_F(EarlySubscribe, OfOtherProfilesNeverWaits) {
    World standard(test_settings());
    EXPECT_EQ(watcher.subscribe(standard).status(), 200);
}

struct Unheld : EarlySubscribe {
    Unheld() : EarlySubscribe(settings()) {}

    static Settings settings() {
        Settings settings = settings_with(Profile::pcscf);
        settings.ims_hold = Duration::zero();
        return settings;
    }
};

TEST_F(Unheld, IsRefusedAtOnce) {
    ask(watcher);
    const auto refused = answers();
    ASSERT_EQ(refused.size(), 1U);
    EXPECT_EQ(refused[0].status(), 480);
    EXPECT_EQ(refused[0].header("Retry-After"), "10");
}

struct Crowded : EarlySubscribe {
    Crowded() : EarlySubscribe(settings()) {}

    static Settings settings() {
        Settings settings = settings_with(Profile::ims);
        settings.limits.waiting_requests = 4;
        return settings;
    }
};

TEST_F(Crowded, HalfOfTheRoomForWaitingRequestsIsTheirs) {
    for (int i = 0; i < 3; ++i) {
        Watcher one("w" + std::to_string(i));
        one.aor = "sip:u" + std::to_string(i) + "@example.org";
        ask(one);
    }
    EXPECT_EQ(statuses(), (Statuses{480}));
    EXPECT_EQ(world.stats().refused_by_bound[index_of(Bound::waiting_requests)], 1U);
    world.pass(300ms);
    EXPECT_EQ(statuses(), (Statuses{480, 480}));
}

struct EarlyWithStore : EarlySubscribe {
    EarlyWithStore() : EarlySubscribe(settings()) { world.store_answers_late = true; }

    static Settings settings() {
        Settings settings = settings_with(Profile::ims);
        settings.durable = true;
        return settings;
    }

    void publish(const std::string& body, int expires = 3600) {
        world.receive(publisher.flow, publisher.request(expires, body).text());
    }
};

TEST_F(EarlyWithStore, IsAnsweredOnceThePublishIsInForceAndItselfDurable) {
    watcher.aor = kTel;
    ask(watcher);
    publish(set_with(kTel));
    EXPECT_TRUE(world.take().empty());
    world.commit();
    EXPECT_EQ(statuses(), (Statuses{200}));  // the PUBLISH
    world.commit();
    EXPECT_EQ(statuses(), (Statuses{200}));
    EXPECT_EQ(world.stats().subscriptions, 1U);
}

TEST_F(EarlyWithStore, APublishThatTheStoreRefusesIsNone) {
    watcher.aor = kTel;
    ask(watcher);
    publish(set_with(kTel));
    world.commit(false);
    world.pass(300ms);
    EXPECT_EQ(statuses(), (Statuses{480}));
}

TEST_F(EarlyWithStore, WaitsNoLongerWhateverItWaitsForInBetween) {
    publish(set_with("tel:+1"));
    ask(watcher);  // behind that
    world.commit(false);
    world.pass(200ms);
    publish(BodyText{.contacts = {}}.text());
    world.pass(101ms);  // its time is over, and it waits behind the PUBLISH
    EXPECT_TRUE(statuses().empty());
    world.commit();
    EXPECT_EQ(statuses(), (Statuses{200, 480}));
}

}  // namespace
}  // namespace reginfo::test
