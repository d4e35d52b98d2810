/// @file

#include "tests/sim/peers.hpp"
#include "tests/sim/world.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace reginfo::sim {
namespace {

constexpr Duration kT1 = std::chrono::milliseconds{500};
constexpr Duration kT2 = std::chrono::seconds{4};
constexpr Duration kLongest = std::chrono::seconds{5};

}  // namespace

Peer::Peer(World& world, std::string name, const Endpoint& endpoint, Transport transport)
    : world_(world), name_(std::move(name)), endpoint_(endpoint), transport_(transport) {}

std::string Peer::next_branch() { return "z9hG4bK" + name_ + "-" + std::to_string(++branches_); }

Flow Peer::flow() {
    if (transport_ == Transport::udp) return {Transport::udp, 0, endpoint_, 0};
    Endpoint from = endpoint_;
    from.port = 40'000;
    if (world_.network.find(connection_) == nullptr) connection_ = world_.network.connect(from);
    return {Transport::tcp, 1, from, 0, connection_};
}

void Peer::send(const Flow& flow, std::string bytes) {
    const auto deliver = [this, flow, bytes = std::move(bytes), sent = world_.network.now] {
        // Neither the network nor a busy reactor delays a datagram for as long as timer J runs.
        if (world_.network.now - sent < kLongest - kBusyMax) world_.to_engine(flow, bytes);
    };
    if (flow.transport == Transport::udp) {
        world_.network.datagram(deliver);
    } else {
        world_.network.stream(flow.connection, deliver);
    }
}

void Peer::request(const std::string& branch, std::string bytes) {
    pending_ = branch;
    last_bytes_ = bytes;
    transmit(branch, std::move(bytes), kT1, world_.network.now + 64 * kT1);
}

void Peer::lose_request() {
    pending_.clear();
    on_timeout();
}

void Peer::transmit(
    const std::string& branch,
    std::string bytes,
    Duration interval,
    TimePoint end
) {
    if (pending_ != branch) return;
    if (world_.network.now >= end) {
        pending_.clear();
        on_timeout();
        return;
    }
    const bool reliable = transport_ == Transport::tcp;
    // A later copy might arrive after timer J, which started with the first one.
    if (world_.network.now < end - kLongest) send(flow(), bytes);
    const TimePoint again = reliable ? end : std::min(end, world_.network.now + interval);
    world_.network.at(again, [=, this] {
        transmit(branch, bytes, std::min(2 * interval, kT2), end);
    });
}

void Peer::receive(const Wire& message, const Flow& flow) {
    if (!message.is_response()) return on_request(message, flow);
    if (message.branch() != pending_ || message.status() < 200) return;
    pending_.clear();
    on_response(message);
}

void Peer::close() {
    for (const auto& [id, connection] : world_.network.connections()) {
        if (connection.open && connection.peer.address == endpoint_.address) world_.close(id);
    }
}

}  // namespace reginfo::sim
