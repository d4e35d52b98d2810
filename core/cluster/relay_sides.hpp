/// @file
/// What a relay asks of the process around it.
#pragma once

#include "core/cluster/node_id.hpp"
#include "core/outbox.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace reginfo {

/// The way to other nodes.
class Bus {
public:
    virtual ~Bus() = default;

    /// Brings the bytes of a Parcel to a node: once, more often, or not at all.
    virtual void publish(const NodeId& to, std::string bytes) = 0;

    /// Whether this node can speak and hear.
    virtual bool is_connected() const = 0;

    /// The clock of Redis, in microseconds since 1970: about the same for all nodes.
    virtual std::int64_t redis_now() const = 0;
    /// When the lease of this node ends, by that clock. What depends on its state must not leave
    /// any node later.
    virtual std::int64_t speaks_until() const = 0;
};

/// The sockets and the engine of this node. Called from within Relay::handle_* and flush().
class RelayOwner {
public:
    virtual ~RelayOwner() = default;

    /// To the engine. @param flow  of this node, or with a Flow::relay
    virtual void deliver(const Flow& flow, std::string bytes) = 0;
    /// By the sockets of this node, whatever its own lease.
    virtual void send(Send send) = 0;
    /// To the engine: the flow is there no more, and what was sent on it is lost.
    virtual void handle_relay_closed(const Flow& flow) = 0;
    /// flush() has something to do.
    virtual void flush_soon() = 0;
};

}  // namespace reginfo
