/// @file
/// A dialog and the route to its next hop, as far as it is known.
#pragma once

#include "core/base/compact_optional.hpp"
#include "core/base/time.hpp"
#include "core/dialog/dialog_state.hpp"
#include "core/outbox.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

namespace reginfo {

/// The addresses of a next hop with a name, best first (RFC 3263 §4.3).
struct Candidates {
    std::vector<Target> targets;  ///< at least one
    std::size_t at = 0;           ///< the index of the one in use
    TimePoint until;              ///< when the name is looked up again

    const Target& in_use() const { return targets[at]; }
    bool has_alternative() const { return at + 1 < targets.size(); }
};

/// The route to a next hop other than the source address of the SUBSCRIBE.
struct Route {
    std::optional<ResolveId> resolving;    ///< the name of the next hop is being looked up
    std::optional<Candidates> candidates;  ///< the next hop has a name, and these addresses
    std::optional<Flow> address;           ///< the next hop is an address
};

struct RoutedDialog {
    [[no_unique_address]] DialogState state;  // whose tail has room for the flags
    bool reconnected = false;  ///< since the last answer, a lost connection was replaced
    bool is_direct = false;    ///< the next hop is the address that the last SUBSCRIBE came from
    std::unique_ptr<Route> route;  ///< null while nothing is known
    /// When a NOTIFY left by the route in use, if there was no response since.
    CompactOptional<TimePoint> silent_since;
    std::optional<RequestForm> request_form;  ///< valid until target or route set changes

    Route& set_route();
    bool is_resolving() const { return route && route->resolving; }
    Candidates* candidates() { return route && route->candidates ? &*route->candidates : nullptr; }
    const Candidates* candidates() const { return const_cast<RoutedDialog*>(this)->candidates(); }
    /// The flow to a next hop that is an address; nullptr if it is not known.
    const Flow* address() const;
    void set_address(const Flow& flow);
    /// Must be called when target or route set has changed.
    void forget_route();
    std::size_t route_bytes() const;  ///< on the heap
};

}  // namespace reginfo
