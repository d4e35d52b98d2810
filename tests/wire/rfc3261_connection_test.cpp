/// @file
/// RFC 3261 §18: the connection of a NOTIFY over TCP, and NOTIFYs without one.

#include "tests/wire/wire_fixture.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <vector>

namespace reginfo::test {
namespace {

class Rfc3261Section18 : public DialogTest {
protected:
    /// What operators see of the last NOTIFY to the only watcher.
    int last_status() {
        std::vector<SubscriptionView> views;
        world.engine().inspection().list(world.now(), 0, {}, {}, views);
        return views.at(0).last_status;
    }
};

TEST_F(Rfc3261Section18, OverTcpTheConnectionWhoseFarEndIsTheContactIsUsedAgain) {
    watcher.flow = tcp_flow("198.51.100.1", 40000, 7);
    watcher.contact = "sip:w1@198.51.100.1:40000;transport=tcp";
    const Sent sent = notify();
    EXPECT_EQ(sent.flow, watcher.flow);
    EXPECT_EQ(sent.header("Contact"), "<sip:192.0.2.1:5060;transport=tcp>");
    EXPECT_EQ(sent.header("Via").substr(0, 11), "SIP/2.0/TCP");
}

TEST_F(Rfc3261Section18, OverTcpAContactElsewhereGetsAConnectionOfItsOwn) {
    watcher.flow = tcp_flow("198.51.100.1", 40000, 7);
    for (const char* place : {"198.51.100.1:5099", "198.51.100.77:5060"}) {
        watcher.contact = std::string("sip:w1@") + place + ";transport=tcp";
        const Sent sent = notify();
        EXPECT_EQ(sent.flow.peer.to_string(), place);
        EXPECT_EQ(sent.flow.connection, 0U);
    }
}

TEST_F(Rfc3261Section18, OverTcpAContactThatCannotBeReachedIsNotifiedOnTheConnection) {
    world.answers = nullptr;
    watcher.flow = tcp_flow("198.51.100.1", 40000, 7);
    watcher.contact = "sip:w1@198.51.100.1:5099;transport=tcp";
    const Sent first = notify();
    world.close(first.flow);
    const auto again = world.take_notifies();
    ASSERT_EQ(again.size(), 1U);
    EXPECT_EQ(again[0].flow, watcher.flow);
    EXPECT_EQ(again[0].message.request_uri, watcher.contact);
    world.answer(again[0], 200);
    EXPECT_EQ(notify().flow, watcher.flow) << "and stays there, as nothing has changed";
}

// The connection may be dead as well, unnoticed so far.
TEST_F(Rfc3261Section18, OverTcpAWatcherThatIsReachedNeitherWayIsTriedAgainLater) {
    world.answers = nullptr;
    watcher.flow = tcp_flow("198.51.100.1", 40000, 7);
    watcher.contact = "sip:w1@198.51.100.1:5099;transport=tcp";
    world.close(notify().flow);
    EXPECT_EQ(world.take_notifies().at(0).flow, watcher.flow);
    world.pass(33s);
    EXPECT_EQ(world.stats().subscriptions, 1U);
    world.pass(30s);
    const auto again = world.take_notifies();
    ASSERT_EQ(again.size(), 1U);
    EXPECT_EQ(again[0].flow.peer, endpoint("198.51.100.1", 5099)) << "the Contact first";
}

TEST_F(Rfc3261Section18, OverTcpAConnectionThatClosedUnnoticedIsNoWayBack) {
    world.answers = nullptr;
    watcher.flow = tcp_flow("198.51.100.1", 40000, 7);
    watcher.contact = "sip:w1@198.51.100.1:5099;transport=tcp";
    const Sent first = notify();
    world.close(watcher.flow);
    std::size_t attempts = 0;
    std::vector<Sent> sent{first};
    while (!sent.empty() && ++attempts < 10) {
        world.close(sent[0].flow);
        sent = world.take_notifies();
    }
    EXPECT_LT(attempts, 5U);
    EXPECT_EQ(world.stats().subscriptions, 1U);
}

// Behind a NAT only the connection reaches a client; its Via does not have its source address.
TEST_F(Rfc3261Section18, OverTcpAClientBehindANatIsNotifiedOnTheConnection) {
    watcher.flow = tcp_flow("198.51.100.1", 40000, 7);
    watcher.contact = "sip:w1@10.1.1.1:5060;transport=tcp";
    for (const char* sent_by : {"10.1.1.1:5060", "phone.invalid"}) {
        RequestText request = watcher.subscribe(3600);
        request.call_id = sent_by;
        request.via = std::string("SIP/2.0/TCP ") + sent_by + ";branch=z9hG4bK" + sent_by;
        EXPECT_EQ(world.ask(watcher.flow, request.text()).status(), 200);
        EXPECT_EQ(world.take_notifies().at(0).flow, watcher.flow) << sent_by;
    }
}

TEST_F(Rfc3261Section18, OverTcpAContactWithoutATransportIsNotifiedOnTheConnection) {
    watcher.flow = tcp_flow("198.51.100.1", 40000, 7);
    watcher.contact = "sip:w1@198.51.100.1:5099";
    EXPECT_EQ(notify().flow, watcher.flow);
}

TEST_F(Rfc3261Section18, OverTcpTheConnectionIsUsedAgainIfItsPeerIsTheFirstRoute) {
    watcher.flow = tcp_flow("198.51.100.1", 5060, 7);
    watcher.more = {"Record-Route: <sip:198.51.100.1;transport=tcp;lr>"};
    EXPECT_EQ(notify().flow, watcher.flow);
}

TEST_F(Rfc3261Section18, OverTcpAnotherFirstRouteGetsAConnectionOfItsOwn) {
    watcher.flow = tcp_flow("198.51.100.1", 40000, 7);
    watcher.more = {"Record-Route: <sip:203.0.113.7;transport=tcp;lr>"};
    const Sent sent = notify();
    EXPECT_EQ(sent.flow.transport, Transport::tcp);
    EXPECT_EQ(sent.flow.peer, endpoint("203.0.113.7"));
    EXPECT_EQ(sent.flow.connection, 0U);
}

TEST_F(Rfc3261Section18, AConnectionThatIsGoneIsReplacedByOneToTheTarget) {
    world.answers = nullptr;
    watcher.flow = tcp_flow("198.51.100.1", 40000, 7);
    watcher.contact = "sip:w1@198.51.100.1:5099";
    const Sent first = notify();
    world.close(watcher.flow);
    const auto again = world.take_notifies();
    ASSERT_EQ(again.size(), 1U);
    EXPECT_EQ(again[0].flow.connection, 0U);
    EXPECT_EQ(again[0].flow.peer, endpoint("198.51.100.1", 5099));
    EXPECT_EQ(again[0].cseq(), first.cseq() + 1);
}

// RFC 3261 8.1.3.1: as a 503, so the subscription lives, and the watcher may come back.
TEST_F(Rfc3261Section18, AWatcherThatCannotBeReachedIsTriedAgainLater) {
    world.answers = nullptr;
    watcher.flow = tcp_flow("198.51.100.1", 40000, 7);
    watcher.contact = "sip:w1@198.51.100.1:40000;transport=tcp";
    notify();
    world.close(watcher.flow);
    world.close(world.take_notifies().at(0).flow);
    EXPECT_EQ(world.stats().subscriptions, 1U);
    EXPECT_EQ(last_status(), 503);
    EXPECT_TRUE(world.take_notifies().empty());
    world.pass(30s);
    EXPECT_EQ(world.take_notifies().size(), 1U);

    watcher.flow = tcp_flow("198.51.100.1", 40001, 8);
    watcher.contact = "sip:w1@198.51.100.1:40001;transport=tcp";
    EXPECT_EQ(watcher.subscribe(world).status(), 200);
    world.pass(500ms);
    const auto back = world.take_notifies();
    ASSERT_FALSE(back.empty());
    EXPECT_EQ(back.back().flow, watcher.flow);
}

}  // namespace
}  // namespace reginfo::test
