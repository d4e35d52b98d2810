#include "core/cluster/relayed_ways.hpp"

#include <algorithm>
#include <limits>

namespace reginfo {
namespace {

/// Connections have the numbers of their node: with that of the way they differ from all others.
constexpr unsigned kConnectionBits = 48;
constexpr ConnectionId kConnectionMask = (ConnectionId{1} << kConnectionBits) - 1;

}  // namespace

std::optional<Flow> RelayedWays::flow_here(const Frame& frame) {
    const auto listener = std::ranges::find(listeners_, frame.flow.transport);
    if (listener == listeners_.end()) return std::nullopt;
    const Socket socket{frame.origin, frame.flow.listener};
    auto known = numbers_.find(socket);
    if (known == numbers_.end()) {
        if (sockets_.size() == std::numeric_limits<std::uint16_t>::max()) return std::nullopt;
        sockets_.push_back(socket);
        known = numbers_.emplace(socket, static_cast<std::uint16_t>(sockets_.size())).first;
    }
    Flow flow = frame.flow;
    flow.listener = static_cast<ListenerId>(listener - listeners_.begin());
    flow.relay = known->second;
    if (flow.connection != 0) {
        flow.connection = (flow.connection & kConnectionMask) |
                          static_cast<ConnectionId>(flow.relay) << kConnectionBits;
    }
    return flow;
}

std::optional<RelayedWays::Way> RelayedWays::way_of(const Flow& flow) const {
    if (flow.relay == 0 || flow.relay > sockets_.size()) return std::nullopt;
    const Socket& socket = sockets_[flow.relay - 1U];
    Way way{socket.node, flow};
    way.flow.listener = socket.listener;
    way.flow.connection &= kConnectionMask;
    way.flow.relay = 0;
    return way;
}

}  // namespace reginfo
