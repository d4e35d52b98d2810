/// @file
/// NOTIFYs that cannot leave: they fit no datagram, or the network does not lead to the watcher
/// (RFC 3261 §17.1.4, §18.4), or a proxy has lost the way there.

#include "tests/core/event/notify/notify_fixture.hpp"

namespace reginfo::test {
namespace {

Settings without_tcp() {
    Settings settings = test_settings();
    settings.notify.udp_bytes_max = 0;
    return settings;
}

/// Contacts of 400 bytes or more; 100 of them fit a datagram, 200 do not.
class NotifyUnsent : public NotifyTest {
protected:
    NotifyUnsent() : NotifyTest(without_tcp()) {}

    /// Nobody but these is registered. Returns the NOTIFYs that this causes at once.
    std::vector<Sent> register_all(std::size_t first, std::size_t count) {
        contacts.clear();
        for (std::size_t i = first; i < first + count; ++i) {
            const std::string uri = "sip:" + std::string(300, 'x') + std::to_string(i) + "@h.test";
            contacts.push_back({.uri = uri});
        }
        publish_again();
        return world.take_notifies();
    }

    static std::string state_of(const Sent& notify) { return notify.header("Subscription-State"); }

    /// The network does not lead to the watcher.
    void cut_off() {
        world.is_cut_off = [this](const Flow& flow) { return flow.peer == watcher.flow.peer; };
    }
    void connect_again() {
        world.is_cut_off = [](const Flow&) { return false; };
    }

    std::size_t lines(std::string_view what) const {
        return static_cast<std::size_t>(std::count_if(
            world.notes.begin(),
            world.notes.end(),
            [&](const Note& note) { return note.what == what; }
        ));
    }
};

TEST_F(NotifyUnsent, ANotifyTooLargeForADatagramIsGivenUpAtOnceAndTheNextHasNoBody) {
    const auto told = register_all(0, 200);
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(state_of(told[0]), "terminated;reason=giveup");
    EXPECT_EQ(told[0].body(), "");
    EXPECT_EQ(told[0].header("Content-Type"), "");
    EXPECT_EQ(told[0].cseq(), last_told.cseq() + 1) << "none was used up by what did not leave";
    world.answer(told[0], 200);
    EXPECT_EQ(world.stats().subscriptions, 0U);
    EXPECT_EQ(lines("NOTIFY fits no datagram"), 2U);
}

TEST_F(NotifyUnsent, EndsAreLeftOutWhereTheDocumentFitsNoDatagramWithThem) {
    world.answer(register_all(0, 100).at(0), 200);
    const auto told = register_all(1000, 100);  // and the end of the first hundred
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(state_of(told[0]).substr(0, 7), "active;");
    const auto document = read_told(told[0].body());
    ASSERT_TRUE(document);
    EXPECT_TRUE(document->full);
    EXPECT_EQ(document->version, 2U) << "grows by one with each that leaves";
    EXPECT_EQ(document->contacts.size(), 100U);
    for (const auto& [uri, contact] : document->contacts) EXPECT_EQ(contact.state, "active");
}

/// It drops a contact only when the contact is listed as ended.
TEST_F(NotifyUnsent, AKamailioGetsTheEndsFirstAndThenTheRest) {
    end();
    watcher = kamailio_watcher();
    subscribe();
    world.answer(register_all(0, 100).at(0), 200);
    const auto ends = register_all(1000, 100);
    ASSERT_EQ(ends.size(), 1U);
    const auto document = read_told(ends[0].body());
    ASSERT_TRUE(document);
    EXPECT_EQ(document->contacts.size(), 100U);
    for (const auto& [uri, contact] : document->contacts) EXPECT_EQ(contact.state, "terminated");

    contacts.pop_back();  // one ends before the answer comes
    publish_again();
    EXPECT_TRUE(world.take_notifies().empty());
    world.answer(ends[0], 200);
    const auto rest = world.take_notifies();
    ASSERT_EQ(rest.size(), 1U);
    const auto active = read_told(rest[0].body());
    ASSERT_TRUE(active);
    EXPECT_EQ(active->contacts.size(), 100U);
    EXPECT_EQ(
        std::count_if(
            active->contacts.begin(),
            active->contacts.end(),
            [](const auto& contact) { return contact.second.state == "terminated"; }
        ),
        1
    );
    world.answer(rest[0], 200);
    world.pass(10s);
    EXPECT_TRUE(world.take_notifies().empty());
}

TEST_F(NotifyUnsent, AKamailioIsGivenUpIfItsActiveContactsFitNoDatagram) {
    end();
    watcher = kamailio_watcher();
    subscribe();
    world.answers = [](const Sent&) { return 200; };
    const auto told = register_all(0, 200);
    ASSERT_FALSE(told.empty());
    EXPECT_LE(told.size(), 3U);
    EXPECT_EQ(state_of(told.back()), "terminated;reason=giveup");
    EXPECT_EQ(world.stats().subscriptions, 0U);
}

TEST_F(NotifyUnsent, TheConnectionOfTheSubscribeIsTakenWhereItIsOpen) {
    Watcher by_tcp("t1", "198.51.100.9");
    by_tcp.flow = tcp_flow("198.51.100.9", 40'000, 7);
    by_tcp.contact = "sip:t1@198.51.100.9:5060;transport=udp";
    world.answers = [](const Sent&) { return 200; };
    by_tcp.subscribe(world);
    world.take();
    const auto told = register_all(0, 200);
    const auto own = std::find_if(told.begin(), told.end(), [&](const Sent& notify) {
        return by_tcp.owns(notify);
    });
    ASSERT_NE(own, told.end());
    EXPECT_EQ(own->flow, by_tcp.flow);
    EXPECT_EQ(read_told(own->body())->contacts.size(), 200U);
}

TEST_F(NotifyUnsent, TheNextOnesHaveTheirEndsAgain) {
    world.answer(register_all(0, 100).at(0), 200);
    world.answer(register_all(1000, 100).at(0), 200);
    const auto told = register_all(1000, 99);
    ASSERT_EQ(told.size(), 1U);
    const auto document = read_told(told[0].body());
    ASSERT_TRUE(document);
    EXPECT_EQ(document->contacts.size(), 100U);
}

TEST_F(NotifyUnsent, ARefreshByAnUnreachableWatcherIsFollowedByTheEnd) {
    cut_off();
    EXPECT_TRUE(register_all(0, 200).empty());  // as a network that is gone, the NOTIFY fails later
    connect_again();
    world.answers = [](const Sent&) { return 200; };
    EXPECT_EQ(watcher.subscribe(world).status(), 200);
    const auto told = world.take_notifies();
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(state_of(told[0]), "terminated;reason=giveup");
    EXPECT_EQ(watcher.subscribe(world).status(), 481);
}

TEST_F(NotifyUnsent, TheLastNotifyOfASubscriptionThatIsOverKeepsItsReason) {
    world.answers = [](const Sent&) { return 200; };
    register_all(0, 200);
    Watcher late("f2", "198.51.100.9");
    EXPECT_EQ(late.subscribe(world, 0).status(), 200);
    const auto told = world.take_notifies();
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(state_of(told[0]), "terminated;reason=timeout");
    EXPECT_EQ(told[0].body(), "");
}

TEST_F(NotifyUnsent, ANetworkThatIsGoneIsAsA503) {
    cut_off();
    EXPECT_TRUE(change().empty());
    EXPECT_EQ(outcomes(NotifyOutcome::transport_failed), 1U);
    world.pass(29s);
    connect_again();
    EXPECT_TRUE(world.take_notifies().empty()) << "no retransmissions";
    world.pass(2s);
    const auto told = world.take_notifies();
    ASSERT_FALSE(told.empty());
    EXPECT_EQ(read_told(told[0].body())->contacts.size(), 1U);
}

TEST_F(NotifyUnsent, AResponseThatCannotLeaveEndsNothing) {
    cut_off();
    world.receive(watcher.flow, watcher.subscribe().text());
    EXPECT_EQ(world.stats().subscriptions, 1U);
}

TEST_F(NotifyUnsent, WhatIsNotOfATransactionInFlightIsNobodysConcern) {
    change();
    Outbox outbox;
    const Flow flow = udp_flow("198.51.100.1");
    for (const char* head :
         {"",
          "NOTIFY",
          "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\n\r\n",
          "NOTIFY sip:a SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK0123456789abcdef\r\n\r\n"}) {
        world.engine().handle_unsent(world.now(), flow, head, Unsent::too_large, outbox);
    }
    EXPECT_TRUE(outbox.empty());
}

using NotifyFailing = NotifyTest;

TEST_F(NotifyFailing, AProxyThatHasLostTheWayForMinutesEndsTheSubscription) {
    for (const int status : {500, 503}) {
        world.answers = [status](const Sent&) { return status; };
        change();
        world.pass(209s);
        EXPECT_EQ(world.stats().subscriptions, 1U) << status;
        world.pass(2s);  // 30 s, 60 s and 120 s after the first
        EXPECT_EQ(world.stats().subscriptions, 0U) << status;
        renew();
    }
}

TEST_F(NotifyFailing, FailuresWithAnAnswerBetweenThemEndNothing) {
    bool accepts = false;
    world.answers = [&](const Sent&) { return accepts ? 200 : 503; };
    for (int i = 0; i < 6; ++i) {
        accepts = false;
        change();
        world.pass(35s);
        accepts = true;
        world.pass(60s);
    }
    EXPECT_EQ(world.stats().subscriptions, 1U);
}

TEST_F(NotifyFailing, NewsWhileAProxyIsRestartedWearsOutNoSubscription) {
    world.answers = [](const Sent&) { return 503; };
    for (int i = 0; i < 20; ++i) {
        change();
        world.pass(1s);
    }
    EXPECT_EQ(world.stats().subscriptions, 1U);
    world.answers = [](const Sent&) { return 200; };
    world.take();
    world.pass(11s);
    EXPECT_EQ(world.take_notifies().size(), 1U) << "30 s after the first failure";
}

TEST_F(NotifyFailing, FailuresDoNotEndASubscriptionOfAKamailio) {
    end();
    watcher = kamailio_watcher();
    subscribe();
    world.answers = [](const Sent&) { return 500; };
    change();
    world.pass(1800s);
    EXPECT_EQ(world.stats().subscriptions, 1U);
}

/// Its peer refuses TCP.
TEST(NotifyUnsentByTcp, APeerWithUdpOnlyGetsWhatFitsADatagram) {
    World world;
    Watcher watcher("w1");
    Publisher publisher;
    watcher.subscribe(world);
    world.take();
    std::vector<ContactText> contacts;
    for (std::size_t i = 0; i < 200; ++i) {
        contacts.push_back({.uri = "sip:" + std::string(300, 'x') + std::to_string(i) + "@h.test"});
    }
    world.answers = [](const Sent&) { return std::nullopt; };
    publisher.publish(world, contacts);
    const auto by_tcp = world.take_notifies();
    ASSERT_EQ(by_tcp.size(), 1U);
    ASSERT_EQ(by_tcp[0].flow.transport, Transport::tcp);
    world.close(by_tcp[0].flow);
    const auto told = world.take_notifies();
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0].flow.transport, Transport::udp);
    EXPECT_EQ(told[0].header("Subscription-State"), "terminated;reason=giveup");
}

}  // namespace
}  // namespace reginfo::test
