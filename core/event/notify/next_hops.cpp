#include "core/event/notify/next_hops.hpp"

#include "core/event/notify/forbidden_place.hpp"
#include "core/sip/uri.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>

namespace reginfo {
namespace {

/// How long a peer that refused TCP is not asked again, and how many of them are remembered.
constexpr Duration kUdpOnlyFor = std::chrono::minutes{10};
constexpr std::size_t kUdpOnlyMax = 16'384;

/// How long the addresses of a name are used before it is looked up again.
constexpr Duration kCandidatesFor = std::chrono::minutes{5};

/// How long a candidate that failed is passed over, and how many of them are remembered.
constexpr Duration kFailedFor = std::chrono::minutes{5};
constexpr std::size_t kFailedMax = 16'384;

Flow hop_to(const Target& target) { return {target.transport, 0, target.endpoint, 0}; }

bool uses_connection(const DialogState& state) {
    return state.reuse_connection && state.flow.connection != 0;
}

}  // namespace

NextHops::NextHops(const Settings& settings, Stats& stats, std::uint64_t hash_key)
    : settings_(settings),
      stats_(stats),
      udp_only_(0, HopHash{hash_key}),
      failed_(0, HopHash{hash_key}) {}

std::optional<ListenerId> NextHops::listener_for(
    const RoutedDialog& dialog,
    Transport transport,
    const IpAddress& to
) const {
    const auto& listeners = settings_.listeners;
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

NextHopAnswer NextHops::next_hop(
    TimePoint now,
    RoutedDialog& dialog,
    std::uint64_t asker,
    Outbox& outbox
) {
    if (uses_connection(dialog.state)) return dialog.state.flow;
    if (const Flow* const known = dialog.address()) return *known;
    const std::optional<NextHop> hop = next_hop_of(dialog.state);
    if (!hop) return NoRoute{};
    std::optional<Target> target;
    if (hop->literal) {
        target = {hop->transport_or_default(), {*hop->literal, sip::port_or_default(hop->port)}};
        if (is_forbidden(dialog, target->endpoint, outbox)) return NoRoute{};
    } else {
        target = candidate(now, dialog);
    }
    if (!target) {
        look_up(dialog, *hop, asker, outbox);
        return Resolving{};
    }
    const auto listener = listener_for(dialog, target->transport, target->endpoint.address);
    if (!listener) return NoRoute{};
    const Flow flow{target->transport, *listener, target->endpoint, 0};
    if (hop->literal) dialog.set_address(flow);
    return flow;
}

void NextHops::look_up(
    RoutedDialog& dialog,
    const NextHop& hop,
    std::uint64_t asker,
    Outbox& outbox
) {
    dialog.set_route().resolving = ++last_resolve_;
    resolving_.emplace(last_resolve_, &dialog);
    outbox.resolve(
        {last_resolve_,
         hop.host,
         hop.port,
         hop.transport,
         hop.secure,
         dialog.state.routes() > 0,
         dialog.state.flow.peer,
         asker}
    );
}

/// Whether nothing may be sent to what the dialog's next hop leads to; then that is noted.
bool NextHops::is_forbidden(const RoutedDialog& dialog, const Endpoint& to, Outbox& outbox) {
    const std::string_view place = forbidden_place(settings_, to);
    if (place.empty()) return false;
    std::string why = "the next hop of Call-ID ";
    why.append(dialog.state.call_id()).append(" leads to ").append(place).append(", ");
    note_forbidden_place(why + to.to_string(), dialog.state.flow, stats_, outbox);
    return true;
}

std::optional<Endpoint> NextHops::known(const RoutedDialog& dialog) {
    if (uses_connection(dialog.state)) return std::nullopt;
    if (const Flow* const address = dialog.address()) return address->peer;
    if (!dialog.candidates()) return std::nullopt;
    return dialog.candidates()->in_use().endpoint;
}

/// The first from the one in use on that is not known to fail; nothing if the name must be looked
/// up.
std::optional<Target> NextHops::candidate(TimePoint now, RoutedDialog& dialog) const {
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

std::optional<Resolution> NextHops::resolved(
    TimePoint now,
    ResolveId id,
    std::span<const Target> targets,
    Outbox& outbox
) {
    const auto at = resolving_.find(id);
    if (at == resolving_.end()) return std::nullopt;
    RoutedDialog& dialog = *at->second;
    resolving_.erase(at);
    Route& route = dialog.set_route();
    route.resolving.reset();
    dialog.silent_since.reset();
    Candidates candidates{{}, 0, now + kCandidatesFor};
    for (const Target& target : targets) {
        if (!listener_for(dialog, target.transport, target.endpoint.address)) continue;
        if (is_forbidden(dialog, target.endpoint, outbox)) continue;
        candidates.targets.push_back(target);
    }
    route.candidates.reset();
    if (candidates.targets.empty()) {
        using Kind = Resolution::Kind;
        return Resolution{&dialog, targets.empty() ? Kind::no_address : Kind::no_route};
    }
    route.candidates = std::move(candidates);
    return Resolution{&dialog, Resolution::Kind::found};
}

void NextHops::answered(RoutedDialog& dialog, const Flow& flow) {
    dialog.silent_since.reset();
    if (!failed_.empty()) failed_.erase(hop_of(flow));
}

bool NextHops::is_candidate(const RoutedDialog& dialog, const Flow* sent_by) {
    if (!dialog.candidates()) return false;
    return !sent_by || sent_by->peer == dialog.candidates()->in_use().endpoint;
}

bool NextHops::fail_over(TimePoint now, RoutedDialog& dialog, const Flow* sent_by, Outbox& outbox) {
    if (!is_candidate(dialog, sent_by)) return false;
    Candidates& candidates = *dialog.candidates();
    const Flow failed = hop_to(candidates.in_use());
    if (failed_.size() >= kFailedMax) failed_.clear();
    failed_[failed] = now + kFailedFor;
    dialog.reconnected = false;
    dialog.silent_since.reset();
    if (!candidates.has_alternative()) {
        dialog.route->candidates.reset();
        return false;
    }
    ++candidates.at;
    outbox.note(
        Note::Severity::warning,
        "next hop failed",
        "trying " + candidates.in_use().endpoint.to_string() + " instead, Call-ID " +
            std::string(dialog.state.call_id()),
        sent_by ? *sent_by : failed
    );
    return true;
}

bool NextHops::can_go_back(const RoutedDialog& dialog) {
    const DialogState& state = dialog.state;
    return state.routes() == 0 && !state.reuse_connection && state.flow.connection != 0;
}

bool NextHops::go_back(RoutedDialog& dialog, Outbox& outbox) {
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
    dialog.state.contact_failed = true;
    dialog.reconnected = false;
    dialog.silent_since.reset();
    return true;
}

bool NextHops::try_contact_again(RoutedDialog& dialog) {
    const bool both_failed = dialog.state.contact_failed;
    if (both_failed) dialog.state.reuse_connection = dialog.state.contact_failed = false;
    dialog.silent_since.reset();
    dialog.reconnected = false;
    return both_failed;
}

std::optional<Flow> NextHops::by_tcp(
    TimePoint now,
    const RoutedDialog& dialog,
    const Flow& flow,
    std::size_t bytes
) {
    const std::size_t most = settings_.notify.udp_bytes_max;
    if (flow.transport != Transport::udp || most == 0 || bytes <= most) return std::nullopt;
    const auto refused = udp_only_.find(hop_of(flow));
    if (refused != udp_only_.end()) {
        if (now < refused->second) return std::nullopt;
        udp_only_.erase(refused);
    }
    const auto listener = listener_for(dialog, Transport::tcp, flow.peer.address);
    if (!listener) return std::nullopt;
    return Flow{Transport::tcp, *listener, flow.peer, 0};
}

void NextHops::refuses_tcp(TimePoint now, const Endpoint& peer) {
    if (udp_only_.size() >= kUdpOnlyMax) udp_only_.clear();
    udp_only_[{Transport::udp, 0, peer, 0}] = now + kUdpOnlyFor;
}

/// A connection that was used by its address as well ends twice: first by its id.
bool NextHops::was_connected(const Flow& gone) {
    Flow by_address = gone;
    by_address.connection = 0;
    const bool is_second = std::exchange(ended_, by_address) == gone;
    if (gone.connection == 0) ended_ = {};
    return gone.connection != 0 || is_second;
}

void NextHops::forget(RoutedDialog& dialog) {
    if (dialog.is_resolving()) resolving_.erase(*dialog.route->resolving);
    dialog.forget_route();
}

}  // namespace reginfo
