/// @file
/// The sockets of other nodes, as the engine of the owner sees them.
#pragma once

#include "core/cluster/frame.hpp"
#include "core/cluster/node_id.hpp"
#include "core/outbox.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace reginfo {

/// Flows of other nodes become flows of ours, with a Flow::relay that is given to nobody else as
/// long as the process lives, and back.
class RelayedWays {
public:
    /// @param listeners  our own, by ListenerId: what is told to peers is one of them
    explicit RelayedWays(std::vector<Transport> listeners) : listeners_(std::move(listeners)) {}

    /// The flow for the engine; nothing if there is no listener for it, or no number is left.
    std::optional<Flow> flow_here(const Frame& frame);

    struct Way {
        NodeId node;
        Flow flow;  ///< as that node has it
    };
    /// Nothing if it was never given.
    std::optional<Way> way_of(const Flow& flow) const;

private:
    struct Socket {
        NodeId node;
        ListenerId listener;
        friend auto operator<=>(const Socket&, const Socket&) = default;
    };

    std::vector<Transport> listeners_;
    std::map<Socket, std::uint16_t> numbers_;
    std::vector<Socket> sockets_;  ///< by number - 1
};

}  // namespace reginfo
