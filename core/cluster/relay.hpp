/// @file
/// Messages that came to the wrong node, and those that only another node can send.
#pragma once

#include "core/base/time.hpp"
#include "core/cluster/frame.hpp"
#include "core/cluster/node_id.hpp"
#include "core/cluster/parcel.hpp"
#include "core/cluster/parcel_numbers.hpp"
#include "core/cluster/relay_sides.hpp"
#include "core/cluster/relay_stats.hpp"
#include "core/cluster/relayed_ways.hpp"
#include "core/cluster/unacknowledged.hpp"
#include "core/outbox.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace reginfo {

struct RelayOptions {
    NodeId self;
    std::vector<Transport> listeners = {};  ///< of this node, by ListenerId
    std::uint64_t hash_key = 0;             ///< by chance
};

/// A request that comes to a node without the state goes to the one that has it, the owner, and its
/// response comes back to the socket of the request. So a peer may use any node.
///
/// Frames are repeated until the other side has acknowledged them, and executed once. One that
/// nobody has acknowledged after some seconds is dropped: SIP repeats requests, and a NOTIFY on a
/// connection of another node counts as lost with it. While nobody has the state they wait.
class Relay {
public:
    /// Bus and process must outlive this.
    Relay(RelayOptions options, Bus& bus, RelayOwner& process);

    /// This process is another member from now on: everything is forgotten, but for the numbers of
    /// ways.
    void restart(const NodeId& self);

    /// The bus is connected, or is not any more.
    void handle_bus(TimePoint now);
    /// Who has the state; nobody if empty. What waits goes there.
    void handle_owner(TimePoint now, const NodeId& owner);
    /// The nodes that live. What was sent on connections of one that did before is lost.
    void handle_members(const std::vector<NodeId>& members);

    bool is_owner() const { return !owner_.empty() && owner_ == self_; }
    /// Whether requests of peers go on to another node that serves them: now, or until just now.
    bool is_usable(TimePoint now) const;

    /// A message from a socket of this node. Returns whether it is on its way to the owner; if not,
    /// it is for the engine of this node.
    bool take(TimePoint now, const Flow& flow, std::string_view bytes);
    /// An effect of the engine, with a Flow::relay. A request over UDP is not for another node: it
    /// may leave by any socket.
    void send(TimePoint now, Send send);
    /// A connection of this node has ended, or was not there.
    void handle_flow_closed(TimePoint now, const Flow& flow);
    /// Bytes from another node.
    void handle_parcel(TimePoint now, std::string_view bytes);

    /// Publishes what has come up. Called once a turn.
    void flush(TimePoint now);
    void handle_time(TimePoint now);
    TimePoint next_deadline() const;

    const RelayStats& stats() const { return stats_; }

private:
    struct Sender {
        ParcelNumbers numbers;
        std::vector<std::uint64_t> acknowledge;  ///< what has come and was not said to have
        TimePoint acknowledge_by = TimePoint::max();
        TimePoint heard;
    };

    void look_whether_whole(TimePoint now);
    void add(TimePoint now, Frame frame, const NodeId& to);
    void drop(const Frame& frame, RelayStats::Reason why);
    void execute(TimePoint now, Frame frame, const NodeId& from);
    void execute_as_owner(Frame frame);
    void execute_send(TimePoint now, Frame frame, const NodeId& from);
    void lose(const Frame& frame);
    void publish(TimePoint now, const NodeId& to, std::uint64_t number, std::vector<Frame> frames);
    void forget_old(TimePoint now);

    NodeId self_;
    NodeId owner_;
    std::vector<NodeId> members_;
    bool is_whole_ = false;               ///< there is an owner, and a bus
    std::optional<TimePoint> broken_at_;  ///< since then that is not so, but was before
    Bus& bus_;
    RelayOwner& process_;
    RelayStats stats_;
    RelayedWays ways_;
    Unacknowledged unacknowledged_;
    std::map<NodeId, Sender> senders_;

    /// Of connections of this node: who has sent on it lately, to be told of its end.
    struct Use {
        NodeId by;
        TimePoint at;
    };
    std::unordered_map<ConnectionId, Use> used_by_;
    /// Flows of other nodes that something was sent on lately.
    struct Used {
        Flow flow;  ///< with its Flow::relay
        TimePoint at;
    };
    std::map<NodeId, std::unordered_map<ConnectionId, Used>> uses_;
    TimePoint forget_at_ = TimePoint::max();
};

}  // namespace reginfo
