/// @file
/// Messages that came to the wrong node, and those that only another node can send: two or more
/// relays on a bus that loses, repeats and delays.

#include "core/cluster/relay.hpp"

#include "tests/core/cluster/relay_nodes.hpp"

#include <boost/smart_ptr/make_local_shared.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <utility>

namespace reginfo::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class TwoNodes : public Nodes {
protected:
    TwoNodes() { own(owner_); }

    /// The flow by which the owner knows a request over this flow of the other node.
    Flow relayed(const Flow& flow) {
        owner_.delivered.clear();
        EXPECT_TRUE(other_.relay.take(now_, flow, kPublish));
        deliver();
        return owner_.delivered.at(0).flow;
    }

    Node& owner_ = node("node-1");
    Node& other_ = node("node-2");
};

TEST_F(TwoNodes, ARequestGoesToTheOwnerAndItsAnswerBackToItsSocket) {
    ASSERT_TRUE(other_.relay.take(now_, by_udp(), kPublish));
    deliver();
    ASSERT_EQ(owner_.delivered.size(), 1U);
    EXPECT_EQ(owner_.delivered[0].bytes, kPublish);
    const Flow flow = owner_.delivered[0].flow;
    EXPECT_EQ(flow.peer, kPeer);
    EXPECT_NE(flow.relay, 0);

    owner_.relay.send(
        now_, {flow, "SIP/2.0 200 OK\r\n", boost::make_local_shared<std::string>("\r\n"), 5062}
    );
    deliver();
    ASSERT_EQ(other_.sent.size(), 1U);
    EXPECT_EQ(other_.sent[0].flow, by_udp());
    EXPECT_EQ(other_.sent[0].head, kOk);
    EXPECT_EQ(other_.sent[0].reconnect_port, 5062);
}

TEST_F(TwoNodes, TheOwnerServesWhatComesToItself) {
    EXPECT_FALSE(owner_.relay.take(now_, by_udp(), kPublish));
}

TEST_F(TwoNodes, ANodeAnswersOptionsAndKeepAlivesForItself) {
    EXPECT_FALSE(other_.relay.take(now_, by_udp(), "OPTIONS sip:node-2 SIP/2.0\r\n\r\n"));
    EXPECT_FALSE(other_.relay.take(now_, by_udp(), "\r\n\r\n"));
    EXPECT_FALSE(other_.relay.take(now_, by_udp(), ""));
}

TEST_F(TwoNodes, AResponseToANotifyGoesToTheOwner) {
    ASSERT_TRUE(other_.relay.take(now_, by_tcp(5), kOk));
    deliver();
    ASSERT_EQ(owner_.delivered.size(), 1U);
    EXPECT_EQ(owner_.delivered[0].bytes, kOk);
}

TEST_F(TwoNodes, ANotifyLeavesByTheConnectionOfTheOtherNode) {
    const Flow flow = relayed(by_tcp(5));
    owner_.relay.send(now_, {flow, kNotify});
    deliver();
    ASSERT_EQ(other_.sent.size(), 1U);
    EXPECT_EQ(other_.sent[0].flow, by_tcp(5));
    EXPECT_EQ(other_.sent[0].head, kNotify);
}

TEST_F(TwoNodes, WhenThatConnectionEndsTheNotifyIsLost) {
    const Flow flow = relayed(by_tcp(5));
    owner_.relay.send(now_, {flow, kNotify});
    deliver();
    other_.relay.handle_flow_closed(now_, by_tcp(5));
    deliver();
    EXPECT_THAT(owner_.closed, ElementsAre(flow));
}

TEST_F(TwoNodes, ConnectionsOfTwoNodesWithOneNumberAreTwo) {
    Node& third = node("node-3");
    own(owner_);
    const Flow flow = relayed(by_tcp(5));
    ASSERT_TRUE(third.relay.take(now_, by_tcp(5), kPublish));
    deliver();
    const Flow other = owner_.delivered.at(1).flow;
    EXPECT_NE(flow.relay, other.relay);
    EXPECT_NE(flow.connection, other.connection);
    EXPECT_NE(flow.connection, 5U) << "that is a connection of the owner's own";
}

TEST_F(TwoNodes, ANodeThatLeavesTheClusterTakesTheNotifysOnItsConnectionsWithIt) {
    const Flow flow = relayed(by_tcp(5));
    owner_.relay.send(now_, {flow, kNotify});
    deliver();
    owner_.relay.handle_members({owner_.id});
    EXPECT_THAT(owner_.closed, ElementsAre(flow));
}

TEST_F(TwoNodes, ANodeThatIsNotYetKnownToLiveKeepsItsConnections) {
    owner_.relay.handle_members({owner_.id});
    const Flow flow = relayed(by_tcp(5));
    owner_.relay.send(now_, {flow, kNotify});
    deliver();
    owner_.relay.handle_members({owner_.id});  // by the map, the other one has not joined
    EXPECT_THAT(owner_.closed, IsEmpty());
    EXPECT_EQ(other_.sent.size(), 1U);
}

TEST_F(TwoNodes, WhatIsLostIsRepeatedAndExecutedOnce) {
    ASSERT_TRUE(other_.relay.take(now_, by_udp(), kPublish));
    lose();
    pass(600ms);
    EXPECT_EQ(owner_.delivered.size(), 1U);
    pass(3s);
    EXPECT_EQ(owner_.delivered.size(), 1U);
    EXPECT_EQ(other_.relay.stats().parcels_repeated, 1U);
}

TEST_F(TwoNodes, WhereTheAcknowledgementIsLostTheRepetitionIsIgnored) {
    ASSERT_TRUE(other_.relay.take(now_, by_udp(), kPublish));
    other_.relay.flush(now_);
    owner_.relay.handle_parcel(now_, on_its_way_.front().bytes);
    on_its_way_.clear();
    now_ += 100ms;
    owner_.relay.handle_time(now_);
    lose();
    pass(1s);
    EXPECT_EQ(owner_.delivered.size(), 1U);
    EXPECT_EQ(owner_.relay.stats().parcels_ignored, 1U);
    EXPECT_EQ(other_.relay.stats().frames_waiting, 0U);
}

TEST_F(TwoNodes, ARetransmissionBehindARequestThatWaitsIsNotPassedOn) {
    ASSERT_TRUE(other_.relay.take(now_, by_udp(), kPublish));
    ASSERT_TRUE(other_.relay.take(now_, by_udp(), kPublish));
    deliver();
    EXPECT_EQ(owner_.delivered.size(), 1U);
    pass(100ms);  // it is acknowledged
    ASSERT_TRUE(other_.relay.take(now_, by_udp(), kPublish));
    deliver();
    EXPECT_EQ(owner_.delivered.size(), 2U) << "its answer may be lost";
}

TEST_F(TwoNodes, AnAnswerCarriesTheAcknowledgement) {
    const Flow flow = relayed(by_udp());
    owner_.relay.send(now_, {flow, kOk});
    deliver();
    EXPECT_EQ(other_.relay.stats().frames_waiting, 0U);
}

TEST_F(TwoNodes, WhileNobodyHasTheStateRequestsWaitForTheNextOwner) {
    other_.relay.handle_owner(now_, {});
    ASSERT_TRUE(other_.relay.take(now_, by_udp(), kPublish));
    pass(3s);
    EXPECT_THAT(owner_.delivered, IsEmpty());
    Node& next = node("node-3");
    own(next);
    deliver();
    ASSERT_EQ(next.delivered.size(), 1U);
    EXPECT_EQ(next.delivered[0].bytes, kPublish);
}

TEST_F(TwoNodes, WhatTheOwnerDidNotAcknowledgeGoesToTheNextOne) {
    owner_.is_connected_now = false;  // it is dead
    ASSERT_TRUE(other_.relay.take(now_, by_udp(), kPublish));
    pass(3s);
    own(other_);
    ASSERT_EQ(other_.delivered.size(), 1U);
    EXPECT_EQ(other_.delivered[0].flow, by_udp()) << "its own socket";
}

TEST_F(TwoNodes, WhatNobodyTakesIsDroppedAfterFourSeconds) {
    owner_.is_connected_now = false;
    ASSERT_TRUE(other_.relay.take(now_, by_udp(), kPublish));
    pass(5s);
    EXPECT_EQ(other_.relay.stats().frames_waiting, 0U);
    EXPECT_EQ(other_.relay.stats().dropped[static_cast<std::size_t>(RelayStats::Reason::late)], 1U);
    own(other_);
    EXPECT_THAT(other_.delivered, IsEmpty());
}

TEST_F(TwoNodes, ANotifyThatNobodyTakesIsLostWithItsConnection) {
    const Flow flow = relayed(by_tcp(5));
    other_.is_connected_now = false;
    owner_.relay.send(now_, {flow, kNotify});
    pass(3s);
    EXPECT_THAT(owner_.closed, IsEmpty());
    pass(2s);
    EXPECT_THAT(owner_.closed, ElementsAre(flow));
}

TEST_F(TwoNodes, WhatDependsOnTheStateLeavesNoNodeAfterTheLeaseOfItsOwner) {
    const Flow by_datagram = relayed(by_udp());
    const Flow by_stream = relayed(by_tcp(5));
    owner_.lease = 1s;
    owner_.relay.send(now_, {by_datagram, kOk});
    owner_.relay.send(now_, {by_stream, kNotify});
    owner_.relay.flush(now_);
    const auto late = std::exchange(on_its_way_, {});
    now_ += 1100ms;
    for (const auto& [to, bytes] : late) other_.relay.handle_parcel(now_, bytes);
    EXPECT_THAT(other_.sent, IsEmpty());
}

TEST_F(TwoNodes, AParcelThatComesTooLateChangesNothing) {
    ASSERT_TRUE(other_.relay.take(now_, by_udp(), kPublish));
    other_.relay.flush(now_);
    const std::string bytes = on_its_way_.front().bytes;
    on_its_way_.clear();
    now_ += 5s;
    owner_.relay.handle_parcel(now_, bytes);
    EXPECT_THAT(owner_.delivered, IsEmpty());
}

TEST_F(TwoNodes, ANodeThatIsNotTheOwnerAnyMorePassesARequestOn) {
    Node& next = node("node-3");
    own(owner_);
    owner_.relay.handle_owner(now_, next.id);
    next.relay.handle_owner(now_, next.id);  // the other one does not know yet
    ASSERT_TRUE(other_.relay.take(now_, by_udp(), kPublish));
    deliver();
    ASSERT_EQ(next.delivered.size(), 1U);
    next.relay.send(now_, {next.delivered[0].flow, kOk});
    deliver();
    ASSERT_EQ(other_.sent.size(), 1U) << "straight to the node of the socket";
}

TEST_F(TwoNodes, ARequestDoesNotGoInACircle) {
    owner_.relay.handle_owner(now_, other_.id);  // each takes the other one for the owner
    ASSERT_TRUE(other_.relay.take(now_, by_udp(), kPublish));
    deliver();
    const auto dropped = [](const Node& node) {
        return node.relay.stats().dropped[static_cast<std::size_t>(RelayStats::Reason::hops)];
    };
    EXPECT_EQ(dropped(owner_) + dropped(other_), 1U);
}

TEST_F(TwoNodes, WithoutABusRequestsAreForTheNodeItselfAfterFourSeconds) {
    EXPECT_TRUE(other_.relay.is_usable(now_));
    other_.is_connected_now = false;
    other_.relay.handle_bus(now_);
    EXPECT_TRUE(other_.relay.take(now_, by_udp(), kPublish));
    pass(4s);
    EXPECT_FALSE(other_.relay.is_usable(now_));
    EXPECT_FALSE(other_.relay.take(now_, by_udp(), kPublish));
    other_.is_connected_now = true;
    other_.relay.handle_bus(now_);
    EXPECT_TRUE(other_.relay.is_usable(now_));
}

TEST_F(TwoNodes, BeforeThereWasAnOwnerRequestsAreForTheNodeItself) {
    Node& fresh = node("node-3");
    EXPECT_FALSE(fresh.relay.is_usable(now_));
    EXPECT_FALSE(fresh.relay.take(now_, by_udp(), kPublish));
}

TEST_F(TwoNodes, WhatWaitsIsBounded) {
    other_.relay.handle_owner(now_, {});
    for (std::size_t i = 0; i < Unacknowledged::kFrames + 5; ++i) {
        other_.relay.take(now_, by_udp(), kPublish + std::to_string(i));
    }
    other_.relay.flush(now_);
    EXPECT_EQ(other_.relay.stats().frames_waiting, Unacknowledged::kFrames);
    EXPECT_EQ(other_.relay.stats().dropped[static_cast<std::size_t>(RelayStats::Reason::full)], 5U);
}

TEST_F(TwoNodes, BytesThatAreNoParcelAreCounted) {
    owner_.relay.handle_parcel(now_, "no parcel");
    EXPECT_EQ(owner_.relay.stats().parcels_unreadable, 1U);
}

TEST_F(TwoNodes, AThousandRequestsOfATurnGoInFewParcels) {
    for (int i = 0; i < 1'000; ++i) {
        ASSERT_TRUE(other_.relay.take(now_, by_udp(), kPublish + std::to_string(i)));
    }
    other_.relay.flush(now_);
    EXPECT_EQ(on_its_way_.size(), 16U);
    deliver();
    EXPECT_EQ(owner_.delivered.size(), 1'000U);
}

}  // namespace
}  // namespace reginfo::test
