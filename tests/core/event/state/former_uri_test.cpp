/// @file
/// A contact that changes its URI and stays the same one: for watchers that go by URI, as Kamailio
/// does, the old one has ended (RULES.md, "Every end is notified").

#include "core/event/persistence/aor_record.hpp"
#include "tests/core/event/state/merge_fixture.hpp"
#include "tests/support/engine_fixture.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace reginfo::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr const char* kOfFlow =
    "<unknown-param name=\"+sip.instance\">\"&lt;urn:uuid:1>\"</unknown-param>"
    "<unknown-param name=\"reg-id\">1</unknown-param>";

/// The contact of one instance and flow, at that address.
ContactText at(std::string uri, std::string callid = "c1", std::uint32_t cseq = 1) {
    return {.uri = std::move(uri), .callid = std::move(callid), .cseq = cseq, .children = kOfFlow};
}

class FormerUris : public MergeTest {
protected:
    std::vector<std::string> formers() const {
        std::vector<std::string> uris;
        for (const FormerUri& former : state.former_uris) {
            uris.emplace_back(former.details->uri_xml());
        }
        return uris;
    }

    EntityTag tag = publish({at(kX)});
};

TEST_F(FormerUris, AMoveLeavesOne) {
    const Revision before = state.revision;
    modify(tag, {at(kY, "c2")});
    ASSERT_THAT(formers(), ElementsAre(kX));
    EXPECT_EQ(state.former_uris[0].left, before + 1);
    EXPECT_EQ(state.former_uris[0].details->callid(), "c1") << "as it was told last";
    EXPECT_EQ(state.contacts.size(), 1U);
    EXPECT_TRUE(is_active(kY));
}

TEST_F(FormerUris, AnotherSpellingOfOneUriIsAMove) {
    tag = publish({active("sip:z@host.example;lr")});
    modify(tag, {active("sip:z@HOST.example;lr")});
    EXPECT_THAT(formers(), ElementsAre("sip:z@host.example;lr"));
    EXPECT_TRUE(is_active("sip:z@HOST.example;lr"));
}

TEST_F(FormerUris, SeveralMovesLeaveEachOnce) {
    modify(tag, {at(kY, "c2")});
    modify(tag, {at(kZ, "c3")});
    modify(tag, {at(kY, "c4")});
    modify(tag, {at(kZ, "c5")});
    EXPECT_THAT(formers(), UnorderedElementsAre(kX, kY));
}

TEST_F(FormerUris, AMoveBackLeavesTheOtherOne) {
    modify(tag, {at(kY, "c2")});
    modify(tag, {at(kX, "c3")});
    EXPECT_THAT(formers(), ElementsAre(kY));
}

TEST_F(FormerUris, WhatAnotherContactHasHasNotEnded) {
    modify(tag, {at(kY, "c2"), active(kX, "c3")});
    EXPECT_THAT(formers(), IsEmpty());
    modify(tag, {at(kY, "c2")});
    EXPECT_EQ(end_of(kX), "expired") << "as that contact's own end";
}

TEST_F(FormerUris, AnEndUnderAnotherUriLeavesOne) {
    ContactText gone = at(kY);
    gone.state = "terminated";
    gone.event = "unregistered";
    modify(tag, {gone});
    EXPECT_EQ(end_of(kY), "unregistered");
    EXPECT_THAT(formers(), ElementsAre(kX));
}

TEST_F(FormerUris, OneThatEndedAndComesBackElsewhereLeavesOne) {
    modify(tag, {});
    EXPECT_EQ(end_of(kX), "expired");
    modify(tag, {at(kY, "c2")});
    EXPECT_THAT(formers(), ElementsAre(kX));
}

TEST_F(FormerUris, ARefreshLeavesNone) {
    modify(tag, {at(kX, "c1", 2)});
    EXPECT_THAT(formers(), IsEmpty());
}

TEST_F(FormerUris, AreForgottenWhenAllWatchersHaveThemAndTheOldestOfTooMany) {
    modify(tag, {at(kY, "c2")});
    const Revision first = state.revision;
    modify(tag, {at(kZ, "c3")});
    EXPECT_EQ(merge().forget_ended(0, 1), 1U);
    EXPECT_THAT(formers(), ElementsAre(kY));
    EXPECT_EQ(merge().forget_ended(first, 1), 0U);
    EXPECT_THAT(formers(), ElementsAre(kY));
    EXPECT_EQ(merge().forget_ended(state.revision, 1), 0U);
    EXPECT_THAT(formers(), IsEmpty());
}

TEST_F(FormerUris, AreStored) {
    modify(tag, {at(kY, "c2")});
    const std::string record = encode(kAor, state, now);
    const auto back = decode_aor(kAor, record, {now, 0s});
    ASSERT_TRUE(back);
    EXPECT_EQ(encode(kAor, *back, now), record);
    ASSERT_EQ(back->former_uris.size(), 1U);
    EXPECT_EQ(*back->former_uris[0].details, *state.former_uris[0].details);
    EXPECT_EQ(back->former_uris[0].left, state.former_uris[0].left);
    for (std::size_t size = 0; size < record.size(); ++size) {
        EXPECT_FALSE(decode_aor(kAor, record.substr(0, size), {now, 0s})) << size;
    }
}

/// A watcher that answers on request, with a store.
class MovesNotified : public ::testing::Test {
protected:
    MovesNotified() : world(durable()) {
        watcher.user_agent = "Kamailio (5.6.3)";
        world.answers = [this](const Sent&) { return answered; };
        publisher.publish(world, {at(kX)});
        watcher.subscribe(world);
        world.take();
    }

    static Settings durable() {
        Settings settings = test_settings();
        settings.durable = true;
        return settings;
    }

    /// State of each contact by URI in the newest document.
    std::map<std::string, std::string> told() {
        world.pass(1500ms);  // an unanswered NOTIFY is given up
        std::map<std::string, std::string> states;
        const auto notifies = world.take_notifies();
        if (notifies.empty()) return states;
        const auto document = read_told(notifies.back().body());
        EXPECT_TRUE(document) << notifies.back().body();
        if (!document) return states;
        for (const auto& [uri, contact] : document->contacts) {
            states[uri] = contact.state;
            EXPECT_TRUE(contact.is_active() || contact.expires() == 0);
            EXPECT_TRUE(contact.attributes.contains("callid"));
            EXPECT_TRUE(ids_.emplace(contact.id, uri).first->second == uri || contact.is_active())
                << "one id, one address, unless the contact moves";
        }
        return states;
    }

    using States = std::map<std::string, std::string>;

    World world;
    Publisher publisher;
    Watcher watcher{"w1"};
    std::optional<int> answered = 200;

private:
    std::map<std::string, std::string> ids_;
};

TEST_F(MovesNotified, AWatcherThatGoesByUriGetsTheEndOfTheOldOne) {
    publisher.publish(world, {at(kY, "c2")});
    EXPECT_EQ(told(), (States{{kX, "terminated"}, {kY, "active"}}));
    publisher.publish(world, {at(kY, "c2", 2)});
    EXPECT_EQ(told(), (States{{kY, "active"}})) << "once is enough";
}

TEST_F(MovesNotified, AWatcherThatGoesByIdDoesNot) {
    Watcher standard("w2");
    standard.subscribe(world);
    world.take();
    publisher.publish(world, {at(kY, "c2")});
    int documents = 0;
    for (const Sent& notify : world.take_notifies()) {
        if (!standard.owns(notify)) continue;
        ++documents;
        EXPECT_EQ(read_told(notify.body())->contacts.size(), 1U);
    }
    EXPECT_EQ(documents, 1);
}

TEST_F(MovesNotified, SeveralTimesUntilA2xx) {
    answered.reset();
    publisher.publish(world, {at(kY, "c2")});
    EXPECT_EQ(told(), (States{{kX, "terminated"}, {kY, "active"}}));
    publisher.publish(world, {at(kZ, "c3")});
    EXPECT_EQ(told(), (States{{kX, "terminated"}, {kY, "terminated"}, {kZ, "active"}}));
    publisher.publish(world, {at(kX, "c4")});
    answered = 200;
    EXPECT_EQ(told(), (States{{kX, "active"}, {kY, "terminated"}, {kZ, "terminated"}}))
        << "it has gone back";
    publisher.publish(world, {at(kX, "c4", 2)});
    EXPECT_EQ(told(), (States{{kX, "active"}}));
}

TEST_F(MovesNotified, AfterARestartAsWell) {
    answered.reset();
    publisher.publish(world, {at(kY, "c2")});
    world.crash();
    publisher.publish(world, {at(kY, "c2", 2)});
    EXPECT_EQ(told(), (States{{kX, "terminated"}, {kY, "active"}}));
    answered = 200;
    world.crash();
    EXPECT_EQ(told(), (States{{kX, "terminated"}, {kY, "active"}}));
    publisher.publish(world, {at(kZ, "c3")});
    EXPECT_EQ(told(), (States{{kY, "terminated"}, {kZ, "active"}}));
}

TEST_F(MovesNotified, AnotherSpellingAsWell) {
    Publisher other;
    other.publish(world, {{.uri = "sip:z@host.example", .callid = "c9"}});
    told();
    other.publish(world, {{.uri = "sip:z@HOST.example", .callid = "c9"}});
    EXPECT_EQ(
        told(),
        (States{
            {kX, "active"}, {"sip:z@host.example", "terminated"}, {"sip:z@HOST.example", "active"}
        })
    );
}

TEST_F(MovesNotified, TheEndOfAContactThatMovedEndsBothAddresses) {
    answered.reset();
    publisher.publish(world, {at(kY, "c2")});
    publisher.publish(world, {});
    EXPECT_EQ(told(), (States{{kX, "terminated"}, {kY, "terminated"}}));
}

TEST_F(MovesNotified, AUriThatOnlyTheSchemaAllowsIsListedForKamailioAsText) {
    publisher.publish(world, {at(kX), {.uri = "sip:a b@h", .callid = "c2"}});
    EXPECT_EQ(told(), (States{{kX, "active"}, {"sip:a b@h", "active"}}));
    publisher.publish(world, {at(kX)});
    EXPECT_EQ(told(), (States{{kX, "active"}, {"sip:a b@h", "terminated"}}));
}

}  // namespace
}  // namespace reginfo::test
