#include "core/cluster/relay.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace reginfo {
namespace {

using Kind = Frame::Kind;
using Reason = RelayStats::Reason;

constexpr std::uint8_t kHops = 2;

/// An acknowledgement waits so long for a parcel that goes to the same node.
constexpr Duration kAcknowledge = std::chrono::milliseconds{20};

/// Who was using what is known so long: longer than a NOTIFY is under way (RFC 3261, timer F).
constexpr Duration kRemembered = std::chrono::seconds{40};

/// Other nodes that were not heard for so long are forgotten, with the numbers of their parcels.
constexpr Duration kForgotten = std::chrono::minutes{1};

bool is_request(std::string_view bytes) { return !bytes.starts_with("SIP/2.0 "); }

/// What this node answers for itself, and what is no message.
bool is_local(std::string_view bytes) {
    return bytes.empty() || bytes.starts_with("OPTIONS ") || bytes.front() == '\r' ||
           bytes.front() == '\n';
}

std::string whole(Send& send) {
    std::string bytes = std::move(send.head);
    if (send.tail) bytes += *send.tail;
    return bytes;
}

}  // namespace

Relay::Relay(RelayOptions options, Bus& bus, RelayOwner& process)
    : self_(std::move(options.self)),
      bus_(bus),
      process_(process),
      ways_(std::move(options.listeners)),
      unacknowledged_(options.hash_key) {}

void Relay::handle_owner(TimePoint now, const NodeId& owner) {
    if (owner == owner_) return;
    owner_ = owner;
    look_whether_whole(now);
    if (!is_owner()) {
        unacknowledged_.retarget();
        return process_.flush_soon();
    }
    for (Frame& frame : unacknowledged_.take_for_owner()) execute_as_owner(std::move(frame));
}

/// Who was not known to live is not gone: a node that has just joined sends before the map has it.
void Relay::handle_members(const std::vector<NodeId>& members) {
    if (members == members_) return;
    for (const NodeId& node : std::exchange(members_, members)) {
        if (std::ranges::find(members, node) != members.end()) continue;
        unacknowledged_.take_for(node);
        const auto uses = uses_.extract(node);
        if (uses.empty()) continue;
        for (const auto& [connection, use] : uses.mapped()) process_.handle_relay_closed(use.flow);
    }
}

void Relay::restart(const NodeId& self) {
    self_ = self;
    owner_ = {};
    members_.clear();
    is_whole_ = false;
    broken_at_.reset();
    unacknowledged_.clear();
    senders_.clear();
    used_by_.clear();
    uses_.clear();
}

void Relay::handle_bus(TimePoint now) { look_whether_whole(now); }

void Relay::look_whether_whole(TimePoint now) {
    const bool is_whole = !owner_.empty() && bus_.is_connected();
    if (std::exchange(is_whole_, is_whole) == is_whole) return;
    if (is_whole) return broken_at_.reset();
    broken_at_ = now;
}

bool Relay::is_usable(TimePoint now) const {
    return is_whole_ || (broken_at_ && now - *broken_at_ < Unacknowledged::kPatience);
}

bool Relay::take(TimePoint now, const Flow& flow, std::string_view bytes) {
    if (is_owner() || is_local(bytes) || !is_usable(now)) return false;
    if (unacknowledged_.has(flow, bytes)) return true;
    Frame frame;
    frame.kind = is_request(bytes) ? Kind::request : Kind::response;
    frame.origin = self_;
    frame.flow = flow;
    frame.bytes = bytes;
    add(now, std::move(frame), {});
    return true;
}

void Relay::send(TimePoint now, Send send) {
    const auto way = ways_.way_of(send.flow);
    if (!way) return;
    Frame frame;
    frame.kind = is_request(send.head) ? Kind::send : Kind::answer;
    frame.origin = way->node;
    frame.flow = way->flow;
    frame.reconnect_port = send.reconnect_port;
    if (frame.kind == Kind::send) {
        uses_[way->node][way->flow.connection] = {send.flow, now};
    }
    frame.bytes = whole(send);
    add(now, std::move(frame), way->node);
}

void Relay::handle_flow_closed(TimePoint now, const Flow& flow) {
    const auto use = used_by_.find(flow.connection);
    if (use == used_by_.end()) return;
    Frame frame;
    frame.kind = Kind::gone;
    frame.origin = self_;
    frame.flow = flow;
    add(now, std::move(frame), use->second.by);
    used_by_.erase(use);
}

void Relay::add(TimePoint now, Frame frame, const NodeId& to) {
    if (unacknowledged_.is_full(frame)) return drop(frame, Reason::full);
    if (forget_at_ == TimePoint::max()) forget_at_ = now + kRemembered;
    if (frame.until == 0) {
        frame.until = bus_.redis_now() + Unacknowledged::kPatience.count();
        const bool is_of_state = frame.kind == Kind::answer || frame.kind == Kind::send;
        if (is_of_state) frame.until = std::min(frame.until, bus_.speaks_until());
    }
    unacknowledged_.add(now, std::move(frame), to);
    process_.flush_soon();
}

/// A NOTIFY that does not leave is lost with its connection, as far as the engine knows.
void Relay::drop(const Frame& frame, Reason why) {
    ++stats_.dropped[static_cast<std::size_t>(why)];
    if (frame.kind == Kind::send) lose(frame);
}

void Relay::lose(const Frame& frame) {
    const auto node = uses_.find(frame.origin);
    if (node == uses_.end()) return;
    const auto use = node->second.find(frame.flow.connection);
    if (use == node->second.end()) return;
    const Flow flow = use->second.flow;
    node->second.erase(use);
    process_.handle_relay_closed(flow);
}

void Relay::handle_parcel(TimePoint now, std::string_view bytes) {
    std::optional<Parcel> parcel = decode_parcel(bytes);
    if (!parcel) {
        ++stats_.parcels_unreadable;
        return;
    }
    for (const std::uint64_t number : parcel->acknowledged) {
        unacknowledged_.acknowledge(parcel->from, number);
    }
    if (parcel->number == 0) return;
    Sender& sender = senders_[parcel->from];
    sender.heard = now;
    if (forget_at_ == TimePoint::max()) forget_at_ = now + kRemembered;
    sender.acknowledge.push_back(parcel->number);
    sender.acknowledge_by = std::min(sender.acknowledge_by, now + kAcknowledge);
    if (sender.acknowledge.size() >= kParcelAcknowledged) sender.acknowledge_by = now;
    process_.flush_soon();
    if (!sender.numbers.take(parcel->number, parcel->floor)) {
        ++stats_.parcels_ignored;
        return;
    }
    for (Frame& frame : parcel->frames) execute(now, std::move(frame), parcel->from);
}

void Relay::execute(TimePoint now, Frame frame, const NodeId& from) {
    ++stats_.frames_in[static_cast<std::size_t>(frame.kind)];
    const bool is_late = frame.until < bus_.redis_now();
    switch (frame.kind) {
        case Kind::gone:
            return lose(frame);
        case Kind::send:
            // Its sender knows by now that it is lost.
            return is_late ? drop(frame, Reason::late) : execute_send(now, std::move(frame), from);
        case Kind::answer:
            if (is_late) return drop(frame, Reason::late);
            return process_.send({frame.flow, std::move(frame.bytes), {}, frame.reconnect_port});
        case Kind::request:
        case Kind::response:
            break;
    }
    if (is_late) return drop(frame, Reason::late);
    if (is_owner()) return execute_as_owner(std::move(frame));
    if (++frame.hops > kHops) return drop(frame, Reason::hops);
    add(now, std::move(frame), {});
}

void Relay::execute_as_owner(Frame frame) {
    if (frame.origin == self_) return process_.deliver(frame.flow, std::move(frame.bytes));
    const auto flow = ways_.flow_here(frame);
    if (!flow) return drop(frame, Reason::no_way);
    process_.deliver(*flow, std::move(frame.bytes));
}

/// If the connection is not there, handle_flow_closed follows.
void Relay::execute_send(TimePoint now, Frame frame, const NodeId& from) {
    used_by_[frame.flow.connection] = {from, now};
    process_.send({frame.flow, std::move(frame.bytes), {}, 0});
}

void Relay::flush(TimePoint now) {
    const NodeId target = is_owner() ? NodeId() : owner_;
    while (auto made = unacknowledged_.make_parcel(now, target)) {
        for (const Frame& frame : made->frames) {
            ++stats_.frames_out[static_cast<std::size_t>(frame.kind)];
        }
        publish(now, made->to, made->number, std::move(made->frames));
    }
    for (auto& [node, sender] : senders_) {
        if (sender.acknowledge_by <= now) publish(now, node, 0, {});
    }
    stats_.frames_waiting = unacknowledged_.size();
    stats_.bytes_waiting = unacknowledged_.bytes();
}

/// With whatever there is to acknowledge.
void Relay::publish(
    TimePoint now,
    const NodeId& to,
    std::uint64_t number,
    std::vector<Frame> frames
) {
    Parcel parcel{self_, number, unacknowledged_.floor(), {}, std::move(frames)};
    if (const auto sender = senders_.find(to); sender != senders_.end()) {
        std::vector<std::uint64_t>& numbers = sender->second.acknowledge;
        const std::size_t count = std::min(numbers.size(), kParcelAcknowledged);
        const auto end = numbers.begin() + static_cast<std::ptrdiff_t>(count);
        parcel.acknowledged.assign(numbers.begin(), end);
        numbers.erase(numbers.begin(), end);
        sender->second.acknowledge_by = numbers.empty() ? TimePoint::max() : now;
    }
    bus_.publish(to, encode(parcel));
}

void Relay::handle_time(TimePoint now) {
    for (const Frame& frame : unacknowledged_.take_late(now)) drop(frame, Reason::late);
    while (auto made = unacknowledged_.repeat_parcel(now)) {
        ++stats_.parcels_repeated;
        publish(now, made->to, made->number, std::move(made->frames));
    }
    forget_old(now);
    flush(now);
}

TimePoint Relay::next_deadline() const {
    TimePoint next = std::min(unacknowledged_.next_deadline(), forget_at_);
    for (const auto& [node, sender] : senders_) next = std::min(next, sender.acknowledge_by);
    return next;
}

void Relay::forget_old(TimePoint now) {
    if (now < forget_at_) return;
    std::erase_if(used_by_, [now](const auto& use) { return now - use.second.at > kRemembered; });
    std::erase_if(senders_, [now](const auto& entry) {
        return now - entry.second.heard > kForgotten;
    });
    for (auto& [node, flows] : uses_) {
        std::erase_if(flows, [now](const auto& use) { return now - use.second.at > kRemembered; });
    }
    std::erase_if(uses_, [](const auto& entry) { return entry.second.empty(); });
    const bool is_empty = used_by_.empty() && senders_.empty() && uses_.empty();
    forget_at_ = is_empty ? TimePoint::max() : now + kRemembered;
}

}  // namespace reginfo
