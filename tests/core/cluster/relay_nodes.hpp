/// @file
/// Relays on a bus that loses, repeats and delays, by the will of the test.
#pragma once

#include "core/cluster/relay.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace reginfo::test {

using namespace std::chrono_literals;

inline const Endpoint kPeer{*IpAddress::parse("192.0.2.1"), 5060};
inline const std::string kPublish = "PUBLISH sip:alice@reg.test SIP/2.0\r\n\r\n";
inline const std::string kOk = "SIP/2.0 200 OK\r\n\r\n";
inline const std::string kNotify = "NOTIFY sip:watcher@reg.test SIP/2.0\r\n\r\n";

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

inline Node::Node(Nodes& nodes, const std::string& name)
    : id{name, "0123456789abcdef"},
      relay({id, {Transport::udp, Transport::tcp}, 1}, *this, *this),
      nodes_(nodes) {}

inline void Node::publish(const NodeId& to, std::string bytes) {
    if (is_connected_now) nodes_.on_its_way_.push_back({to, std::move(bytes)});
}

inline std::int64_t Node::redis_now() const { return nodes_.now_.time_since_epoch().count(); }

inline Flow by_udp() { return {Transport::udp, 0, kPeer}; }
inline Flow by_tcp(ConnectionId connection) { return {Transport::tcp, 1, kPeer, 0, connection}; }

}  // namespace reginfo::test
