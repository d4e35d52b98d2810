/// @file
/// The bounds of what is published.
#pragma once

#include "core/event/publish/publish_request.hpp"
#include "core/event/records/aor.hpp"
#include "core/event/state/aor_state.hpp"
#include "core/outbox.hpp"
#include "core/settings.hpp"
#include "core/transaction/reply.hpp"

#include <cstdint>
#include <optional>

namespace reginfo {

/// The bound that one more publication would go over.
/// @param publications  how many there are, with those on their way to the store
std::optional<Bound> bound_reached(
    const Settings::Limits& limits,
    std::uint64_t publications,
    const AorState& state,
    const PublishRequest& publish
);

/// Whether the request may bring the AOR to more than an AOR may have: only the merge shows which
/// of what it lists replaces something.
bool is_near_bounds(
    const Settings::Limits& limits,
    const Aor& aor,
    const AorState& state,
    const PublishRequest& publish
);

/// 503, with the reason.
Reply refusal_by(Bound bound);

}  // namespace reginfo
