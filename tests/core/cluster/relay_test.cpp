/// @file
/// Messages that came to the wrong node, and those that only another node can send: two or more
/// relays on a bus that loses, repeats and delays.

#include "core/cluster/relay.hpp"

#include <boost/smart_ptr/make_local_shared.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace reginfo {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const Endpoint kPeer{*IpAddress::parse("192.0.2.1"), 5060};
const std::string kPublish = "PUBLISH sip:alice@reg.test SIP/2.0\r\n\r\n";
const std::string kOk = "SIP/2.0 200 OK\r\n\r\n";
const std::string kNotify = "NOTIFY sip:watcher@reg.test SIP/2.0\r\n\r\n";

class Nodes;

/// A node: its relay, and what the process around it was asked for.
class Node final : private Bus, private RelayOwner {
public:
    Node(Nodes& nodes, const std::string& name);

    struct Delivered {
        Flow flow;
        std::string bytes;
    };

    NodeId id;
    std::vector<Delivered> delivered;
    std::vector<Send> sent;
    std::vector<Flow> closed;
    bool is_connected_now = true;
    Duration lease = 10s;  ///< from now on
    Relay relay;

private:
    void publish(const NodeId& to, std::string bytes) override;
    bool is_connected() const override { return is_connected_now; }
    std::int64_t redis_now() const override;
    std::int64_t speaks_until() const override { return redis_now() + lease.count(); }
    void deliver(const Flow& flow, std::string bytes) override {
        delivered.push_back({flow, std::move(bytes)});
    }
    void send(Send send) override { sent.push_back(std::move(send)); }
    void handle_relay_closed(const Flow& flow) override { closed.push_back(flow); }
    void flush_soon() override {}

    Nodes& nodes_;
};

/// The bus, and the time.
class Nodes : public ::testing::Test {
protected:
    friend Node;

    Node& node(const std::string& name) {
        nodes_.push_back(std::make_unique<Node>(*this, name));
        for (const auto& one : nodes_) one->relay.handle_members(ids());
        return *nodes_.back();
    }

    void own(Node& owner) {
        for (const auto& one : nodes_) one->relay.handle_owner(now_, owner.id);
    }

    std::vector<NodeId> ids() const {
        std::vector<NodeId> all;
        for (const auto& one : nodes_) all.push_back(one->id);
        return all;
    }

    /// Until nothing is on its way.
    void deliver() {
        for (const auto& one : nodes_) one->relay.flush(now_);
        while (!on_its_way_.empty()) {
            const auto [to, bytes] = std::move(on_its_way_.front());
            on_its_way_.pop_front();
            for (const auto& one : nodes_) {
                if (one->id == to && one->is_connected_now) {
                    one->relay.handle_parcel(now_, bytes);
                    one->relay.flush(now_);
                }
            }
        }
    }

    void pass(Duration time) {
        for (const TimePoint end = now_ + time; now_ < end;) {
            now_ += 10ms;
            for (const auto& one : nodes_) {
                if (one->relay.next_deadline() <= now_) one->relay.handle_time(now_);
            }
            deliver();
        }
    }

    void lose() {
        for (const auto& one : nodes_) one->relay.flush(now_);
        on_its_way_.clear();
    }

    struct Published {
        NodeId to;
        std::string bytes;
    };

    TimePoint now_{1h};
    std::deque<Published> on_its_way_;
    std::vector<std::unique_ptr<Node>> nodes_;
};

Node::Node(Nodes& nodes, const std::string& name)
    : id{name, "0123456789abcdef"},
      relay({id, {Transport::udp, Transport::tcp}, 1}, *this, *this),
      nodes_(nodes) {}

void Node::publish(const NodeId& to, std::string bytes) {
    if (is_connected_now) nodes_.on_its_way_.push_back({to, std::move(bytes)});
}

std::int64_t Node::redis_now() const { return nodes_.now_.time_since_epoch().count(); }

Flow by_udp() { return {Transport::udp, 0, kPeer}; }
Flow by_tcp(ConnectionId connection) { return {Transport::tcp, 1, kPeer, 0, connection}; }

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
}  // namespace reginfo
