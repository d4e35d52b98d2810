/// @file
/// Which way a NOTIFY goes: to the next hop's address, or to the next of them when one fails.

#include "core/event/forbidden_place.hpp"
#include "core/event/notify_sender.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace reginfo {
namespace {

constexpr std::uint16_t kSipPort = 5060;

/// What a NOTIFY holds besides the dialog's own texts and the shared part of the document.
constexpr std::size_t kFixedHeadBytes = 480;

/// How long a peer that refused TCP is not asked again, and how many of them are remembered.
constexpr Duration kUdpOnlyFor = std::chrono::minutes{10};
constexpr std::size_t kUdpOnlyMax = 16'384;

/// How long the addresses of a name are used before it is looked up again.
constexpr Duration kCandidatesFor = std::chrono::minutes{5};

/// How long a candidate that failed is passed over, and how many of them are remembered.
constexpr Duration kFailedFor = std::chrono::minutes{5};
constexpr std::size_t kFailedMax = 16'384;

Flow hop_to(const Target& target) { return {target.transport, 0, target.endpoint, 0}; }

}  // namespace

bool can_go_back(const Dialog& dialog) {
    const DialogState& state = dialog.state;
    return state.routes() == 0 && !state.reuse_connection && state.flow.connection != 0;
}

std::optional<ListenerId> NotifySender::listener_for(
    const Dialog& dialog,
    Transport transport,
    const IpAddress& to
) const {
    const auto& listeners = records_.settings.listeners;
    const auto fits = [&](std::size_t id) {
        return listeners[id].transport == transport &&
               listeners[id].bound.address.is_v4() == to.is_v4();
    };
    if (fits(dialog.state.flow.listener)) return dialog.state.flow.listener;
    for (std::size_t id = 0; id < listeners.size(); ++id) {
        if (fits(id)) return static_cast<ListenerId>(id);
    }
    return std::nullopt;
}

std::optional<Flow> NotifySender::route(TimePoint now, Dialog& dialog, bool& dead, Outbox& outbox) {
    const DialogState& state = dialog.state;
    if (state.reuse_connection && state.flow.connection != 0) return state.flow;
    if (const Flow* const direct = dialog.direct()) return *direct;
    const std::optional<NextHop> hop = next_hop_of(state);
    if (!hop) {
        dead = true;
        return std::nullopt;
    }
    std::optional<Target> target;
    if (hop->literal) {
        const std::uint16_t port = hop->port != 0 ? hop->port : kSipPort;
        target = {hop->transport_or_default(), {*hop->literal, port}};
        if (is_forbidden(dialog, target->endpoint, outbox)) {
            dead = true;
            return std::nullopt;
        }
    } else {
        target = candidate(now, dialog);
    }
    if (!target) {
        dialog.set_way().resolving = ++last_resolve_;
        resolving_.emplace(last_resolve_, &dialog);
        outbox.resolve(
            {last_resolve_,
             hop->host,
             hop->port,
             hop->transport,
             hop->secure,
             state.routes() > 0,
             state.flow.peer,
             dialog.subscriptions.front()->watcher}
        );
        return std::nullopt;
    }
    const auto listener = listener_for(dialog, target->transport, target->endpoint.address);
    if (!listener) {
        dead = true;
        return std::nullopt;
    }
    const Flow flow{target->transport, *listener, target->endpoint, 0};
    if (hop->literal) {
        dialog.set_direct(flow);
        if (dialog.way) records_.subscriptions.measure(dialog);
    }
    return flow;
}

/// Whether nothing is sent to what the dialog's next hop leads to; then that is said.
bool NotifySender::is_forbidden(const Dialog& dialog, const Endpoint& to, Outbox& outbox) {
    const std::string_view place = forbidden_place(records_.settings, to);
    if (place.empty()) return false;
    std::string why = "the next hop of Call-ID ";
    why.append(dialog.state.call_id()).append(" leads to ").append(place).append(", ");
    note_forbidden_place(why + to.to_string(), dialog.state.flow, records_.stats, outbox);
    return true;
}

/// Where the dialog's next NOTIFY goes, if that is known without looking anything up.
std::optional<Endpoint> NotifySender::known_hop(const Dialog& dialog) {
    const DialogState& state = dialog.state;
    if (state.reuse_connection && state.flow.connection != 0) return std::nullopt;
    if (const Flow* const direct = dialog.direct()) return direct->peer;
    if (!dialog.candidates()) return std::nullopt;
    return dialog.candidates()->in_use().endpoint;
}

/// The first from the one in use on that is not known to fail; nothing if the name must be looked
/// up.
std::optional<Target> NotifySender::candidate(TimePoint now, Dialog& dialog) {
    if (!dialog.candidates() || dialog.candidates()->until <= now) return std::nullopt;
    Candidates& candidates = *dialog.candidates();
    const auto fails = [&](const Target& target) {
        const auto known = failed_.find(hop_to(target));
        return known != failed_.end() && now < known->second;
    };
    const auto& targets = candidates.targets;
    const auto in_use = targets.begin() + static_cast<std::ptrdiff_t>(candidates.at);
    const auto usable = std::find_if_not(in_use, targets.end(), fails);
    if (usable != targets.end() && usable != in_use) {
        candidates.at = static_cast<std::size_t>(usable - targets.begin());
        dialog.silent_since.reset();
    }
    return targets[candidates.at];
}

void NotifySender::handle_resolved(
    TimePoint now,
    ResolveId id,
    std::span<const Target> targets,
    Outbox& outbox
) {
    const auto at = resolving_.find(id);
    if (at == resolving_.end()) return;
    Dialog& dialog = *at->second;
    resolving_.erase(at);
    dialog.set_way().resolving.reset();
    dialog.silent_since.reset();
    Candidates candidates{{}, 0, now + kCandidatesFor};
    for (const Target& target : targets) {
        if (!listener_for(dialog, target.transport, target.endpoint.address)) continue;
        if (is_forbidden(dialog, target.endpoint, outbox)) continue;
        candidates.targets.push_back(target);
    }
    dialog.way->candidates.reset();
    if (candidates.targets.empty()) {
        return fail_unsent(now, dialog, targets.empty() ? kTransportError : kNoRoute, outbox);
    }
    dialog.way->candidates = std::move(candidates);
    records_.subscriptions.measure(dialog);
    pump(now, dialog, outbox);
}

void NotifySender::heard_from(Dialog& dialog) {
    dialog.silent_since.reset();
    if (failed_.empty()) return;
    failed_.erase(hop_of(dialog.in_flight->flow));
}

bool NotifySender::is_silent(TimePoint now, const Dialog& dialog) const {
    return dialog.silent_since && silent_until(dialog) <= now;
}

TimePoint NotifySender::silent_until(const Dialog& dialog) const {
    return *dialog.silent_since + 64 * records_.settings.t1;
}

bool NotifySender::fail_over(TimePoint now, Dialog& dialog, Outbox& outbox) {
    if (!dialog.candidates()) return false;
    Candidates& candidates = *dialog.candidates();
    const Target failed = candidates.in_use();
    const Flow flow = dialog.in_flight ? dialog.in_flight->flow : hop_to(failed);
    if (failed.endpoint != flow.peer) return false;
    if (failed_.size() >= kFailedMax) failed_.clear();
    failed_[hop_to(failed)] = now + kFailedFor;
    dialog.standing = Standing::fresh;  // it is the next hop that does not answer
    leave_queues(dialog);
    dialog.reconnected = false;
    dialog.silent_since.reset();
    if (!candidates.has_alternative()) {
        dialog.way->candidates.reset();
        return false;
    }
    ++candidates.at;
    outbox.note(
        Note::Severity::warning,
        "next hop failed",
        "trying " + candidates.in_use().endpoint.to_string() + " instead, Call-ID " +
            std::string(dialog.state.call_id()),
        flow
    );
    return true;
}

bool NotifySender::go_back(Dialog& dialog, Outbox& outbox) {
    if (!can_go_back(dialog)) return false;
    outbox.note(
        Note::Severity::warning,
        "Contact not reached",
        std::string(dialog.state.remote_target()) +
            ": using the connection of the SUBSCRIBE instead, Call-ID " +
            std::string(dialog.state.call_id()),
        dialog.state.flow
    );
    dialog.state.reuse_connection = true;
    dialog.state.went_back = true;
    dialog.standing = Standing::fresh;
    leave_queues(dialog);
    dialog.reconnected = false;
    dialog.silent_since.reset();
    return true;
}

/// About how large the NOTIFY is, not less than it is.
std::size_t NotifySender::size_of(const Dialog& dialog, const SharedBytes& tail) {
    return kFixedHeadBytes + dialog.state.bytes() + (tail ? tail->size() : 0);
}

std::optional<Flow> NotifySender::larger_way(
    TimePoint now,
    const Subscription& subscription,
    const Flow& flow,
    const NotifyBody& body
) {
    const std::size_t most = records_.settings.notify.udp_bytes_max;
    if (flow.transport != Transport::udp || most == 0) return std::nullopt;
    const Dialog& dialog = subscription.dialog;
    if (size_of(dialog, body.tail) <= most) return std::nullopt;
    const auto refused = udp_only_.find(hop_of(flow));
    if (refused != udp_only_.end()) {
        if (now < refused->second) return std::nullopt;
        udp_only_.erase(refused);
    }
    const auto listener = listener_for(dialog, Transport::tcp, flow.peer.address);
    if (!listener) return std::nullopt;
    return Flow{Transport::tcp, *listener, flow.peer, 0};
}

void NotifySender::believe_udp_only(TimePoint now, const Endpoint& peer) {
    if (udp_only_.size() >= kUdpOnlyMax) udp_only_.clear();
    udp_only_[{Transport::udp, 0, peer, 0}] = now + kUdpOnlyFor;
}

void NotifySender::reroute(Dialog& dialog) {
    leave_queues(dialog);
    if (dialog.is_resolving()) resolving_.erase(*dialog.way->resolving);
    dialog.reconnected = false;
    const bool had_way = dialog.way != nullptr;
    dialog.forget_way();
    if (had_way) records_.subscriptions.measure(dialog);
}

}  // namespace reginfo
