/// @file
/// Addresses that get no request of ours, whatever Contact, route or name leads to them.
#pragma once

#include "core/dialog/dialog_state.hpp"
#include "core/outbox.hpp"
#include "core/settings.hpp"
#include "core/sip/uri.hpp"
#include "core/stats.hpp"

#include <string>
#include <string_view>

namespace reginfo {

/// Our own sockets, which would only talk to themselves, and addresses that are not of one host:
/// wildcard, multicast, broadcast. Only the exact address and port of a socket counts, of any
/// transport: watchers may share the host.
///
/// Returns  what is there, to stand behind "leads to"; empty if requests may go there.
std::string_view forbidden_place(const Settings& settings, const Endpoint& to);

/// The same for the host of a URI: an address, or a name with the port that we advertise. What
/// other names lead to is seen once they are looked up.
std::string_view forbidden_place(const Settings& settings, const sip::Uri& uri);

/// Whether requests of the dialog would go there if that were its remote target; then it is
/// counted.
bool is_forbidden_target(
    const Settings& settings,
    const DialogState& state,
    const sip::Uri& target,
    Stats& stats
);

/// Counts it, and notes why nothing is sent.
void note_forbidden_place(std::string why, const Flow& from, Stats& stats, Outbox& outbox);

}  // namespace reginfo
