/// @file
/// What a SUBSCRIBE asks for.
#pragma once

#include "core/base/time.hpp"
#include "core/dialog/dialog_state.hpp"
#include "core/event/records/aor.hpp"
#include "core/event/records/subscription_store.hpp"
#include "core/event/watcher/profile.hpp"
#include "core/event/watcher/rate_control.hpp"
#include "core/settings.hpp"
#include "core/transaction/reply.hpp"
#include "core/transaction/responder.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace reginfo {

/// The header fields of a SUBSCRIBE, checked. Views into the request.
struct SubscribeRequest {
    Seconds expires{0};
    std::optional<std::string> event_id;
    RemoteParty party;
    Profile profile = Profile::standard;
    std::uint64_t watcher = 0;  ///< SubscriptionStore::watcher_of
    Rates rates;
    std::optional<std::string_view> condition;  ///< Suppress-If-Match
    std::string_view contact_leads_to;          ///< a forbidden_place; else empty
    std::string_view route_leads_to;            ///< the same of the first Record-Route
};

/// Rejects 400 malformed; 406 cannot take reginfo; 423 too brief; 489 not `reg`.
Result<SubscribeRequest> read_subscribe(
    const Request& request,
    const Settings& settings,
    const SubscriptionStore& subscriptions
);

/// Whether the watcher does not want the state that it would get (RFC 5839 §5.2).
/// @param name      of the AOR, which need not be known
/// @param aor_text  the AOR as the watcher wrote it
bool is_condition_met(
    const SubscribeRequest& subscribe,
    Profile profile,
    std::string_view name,
    const Aor* aor,
    std::string_view aor_text
);

}  // namespace reginfo
