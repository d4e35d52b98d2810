/// @file
/// Dialog state of the notifier and where its requests go (RFC 3261 §12; RFC 5626 §5.3).

#include "core/dialog/dialog.hpp"

#include "tests/support/engine_fixture.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace reginfo::test {
namespace {

class DialogTest : public ::testing::Test {
protected:
    /// The NOTIFY that follows a SUBSCRIBE of the watcher.
    Sent notify() {
        EXPECT_EQ(watcher.subscribe(world).status(), 200);
        const auto notifies = world.take_notifies();
        EXPECT_EQ(notifies.size(), 1U);
        return notifies.empty() ? Sent{} : notifies[0];
    }

    World world;
    Watcher watcher{"w1"};
};

TEST_F(DialogTest, WithoutRoutesTheRemoteTargetIsTheNextHop) {
    watcher.contact = "sip:w1@203.0.113.5:5070;x=y";
    const Sent sent = notify();
    EXPECT_EQ(sent.message.request_uri, "sip:w1@203.0.113.5:5070;x=y");
    EXPECT_EQ(sent.flow, udp_flow("203.0.113.5", 5070));
    EXPECT_FALSE(sent.has("Route"));
}

TEST_F(DialogTest, TheFirstLooseRouteIsTheNextHopAndTheTargetStays) {
    watcher.more = {"Record-Route: <sip:203.0.113.7;lr>, <sip:203.0.113.8:5080;lr;x>"};
    const Sent sent = notify();
    EXPECT_EQ(sent.flow, udp_flow("203.0.113.7"));
    EXPECT_EQ(sent.message.request_uri, watcher.contact);
    EXPECT_EQ(sent.header("Route"), "<sip:203.0.113.7;lr>");
    EXPECT_NE(sent.bytes->find("Route: <sip:203.0.113.8:5080;lr;x>\r\n"), std::string::npos);
}

// RFC 3261 §12.2.1.1.
TEST_F(DialogTest, AStrictRouteIsTheRequestUriAndTheTargetTheLastRoute) {
    watcher.more = {"Record-Route: <sip:203.0.113.7>", "Record-Route: <sip:203.0.113.8;lr>"};
    const Sent sent = notify();
    EXPECT_EQ(sent.message.request_uri, "sip:203.0.113.7");
    EXPECT_EQ(sent.header("Route"), "<sip:203.0.113.8;lr>");
    EXPECT_NE(sent.bytes->find("Route: <" + watcher.contact + ">\r\n"), std::string::npos);
}

TEST_F(DialogTest, A2xxRepeatsRecordRouteAndNamesOurContact) {
    watcher.more = {"Record-Route: <sip:203.0.113.7;lr>, <sip:203.0.113.8;lr>"};
    const Sent response = watcher.subscribe(world);
    EXPECT_EQ(response.header("Record-Route"), "<sip:203.0.113.7;lr>, <sip:203.0.113.8;lr>");
    EXPECT_EQ(response.header("Contact"), "<sip:192.0.2.1:5060>");
}

TEST_F(DialogTest, ARefreshChangesTheTargetAndNotTheRoutes) {
    watcher.more = {"Record-Route: <sip:203.0.113.7;lr>"};
    notify();
    watcher.contact = "sip:w1@198.51.100.77";
    watcher.more = {"Record-Route: <sip:203.0.113.99;lr>"};
    const Sent sent = notify();
    EXPECT_EQ(sent.message.request_uri, "sip:w1@198.51.100.77");
    EXPECT_EQ(sent.header("Route"), "<sip:203.0.113.7;lr>");
}

TEST_F(DialogTest, ARefreshWithoutContactKeepsTheTarget) {
    notify();
    RequestText refresh = watcher.subscribe(3600);
    refresh.contact.clear();
    EXPECT_EQ(world.ask(watcher.flow, refresh.text()).status(), 200);
    EXPECT_EQ(world.take_notifies().at(0).message.request_uri, watcher.contact);
}

TEST_F(DialogTest, OverTcpWithoutRecordRouteTheConnectionIsUsedAgain) {
    watcher.flow = tcp_flow("198.51.100.1", 40000, 7);
    watcher.contact = "sip:w1@10.1.1.1:5099;transport=tcp";
    const Sent sent = notify();
    EXPECT_EQ(sent.flow, watcher.flow);
    EXPECT_EQ(sent.header("Contact"), "<sip:192.0.2.1:5060;transport=tcp>");
    EXPECT_EQ(sent.header("Via").substr(0, 11), "SIP/2.0/TCP");
}

TEST_F(DialogTest, OverTcpTheConnectionIsUsedAgainIfItsPeerIsTheFirstRoute) {
    watcher.flow = tcp_flow("198.51.100.1", 5060, 7);
    watcher.more = {"Record-Route: <sip:198.51.100.1;transport=tcp;lr>"};
    EXPECT_EQ(notify().flow, watcher.flow);
}

TEST_F(DialogTest, OverTcpAnotherFirstRouteGetsAConnectionOfItsOwn) {
    watcher.flow = tcp_flow("198.51.100.1", 40000, 7);
    watcher.more = {"Record-Route: <sip:203.0.113.7;transport=tcp;lr>"};
    const Sent sent = notify();
    EXPECT_EQ(sent.flow.transport, Transport::tcp);
    EXPECT_EQ(sent.flow.peer, endpoint("203.0.113.7"));
    EXPECT_EQ(sent.flow.connection, 0U);
}

TEST_F(DialogTest, AConnectionThatIsGoneIsReplacedByOneToTheTarget) {
    world.answers = nullptr;
    watcher.flow = tcp_flow("198.51.100.1", 40000, 7);
    watcher.contact = "sip:w1@198.51.100.1:5099;transport=tcp";
    const Sent first = notify();
    world.close(watcher.flow);
    const auto again = world.take_notifies();
    ASSERT_EQ(again.size(), 1U);
    EXPECT_EQ(again[0].flow.connection, 0U);
    EXPECT_EQ(again[0].flow.peer, endpoint("198.51.100.1", 5099));
    EXPECT_EQ(again[0].cseq(), first.cseq() + 1);

    world.close(again[0].flow);
    EXPECT_EQ(world.stats().subscriptions, 0U) << "that one could not be made";
}

TEST_F(DialogTest, ABranchReadsBack) {
    std::string text;
    append_branch(text, 0x0123456789abcdefU);
    EXPECT_EQ(text, "z9hG4bK0123456789abcdef");
    EXPECT_EQ(branch_of(text), 0x0123456789abcdefU);
    for (const char* other :
         {"", "z9hG4bK", "z9hG4bK0123456789abcdeg", "z9hG4bK0123456789abcdef0"}) {
        EXPECT_EQ(branch_of(other), std::nullopt) << other;
    }
}

TEST_F(DialogTest, AResponseToAnotherRequestOfOursIsNoAnswer) {
    world.answers = nullptr;
    const Sent sent = notify();
    std::string text = response_text(sent.message, 481);
    text.replace(text.find("NOTIFY"), 6, "INVITE");
    world.receive(sent.flow, text);
    EXPECT_EQ(world.stats().subscriptions, 1U);
    EXPECT_EQ(world.stats().stray_responses, 1U);
}

}  // namespace
}  // namespace reginfo::test
