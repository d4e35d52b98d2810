/// @file
/// What the core's enumerations are called in labels and JSON.
#pragma once

#include "core/stats.hpp"

#include <iterator>
#include <string_view>

namespace reginfo::metrics {

inline constexpr std::string_view kMethodNames[] = {
    "INVITE",
    "ACK",
    "BYE",
    "CANCEL",
    "OPTIONS",
    "REGISTER",
    "PUBLISH",
    "SUBSCRIBE",
    "NOTIFY",
    "PRACK",
    "UPDATE",
    "INFO",
    "REFER",
    "MESSAGE",
    "other",
};
inline constexpr std::string_view kTransportNames[] = {"udp", "tcp"};
inline constexpr std::string_view kParseErrorNames[] = {
    "none",
    "empty",
    "bad_start_line",
    "no_end_of_head",
    "too_many_headers",
    "head_too_large",
    "body_too_large",
};
inline constexpr std::string_view kBoundNames[] = {
    "publications_per_aor",
    "contacts_per_aor",
    "aor_bytes",
    "publications",
    "subscriptions_per_aor",
    "subscriptions_per_watcher",
    "subscriptions",
    "transactions",
    "pending_commits",
    "waiting_requests",
    "dialog_state",
    "unanswered_hop",
    "memory",
    "overload_publish",
    "overload_subscribe",
    "draining",
    "untrusted_peer",
    "document",
    "ended_contacts",
    "ended_words",
};
inline constexpr std::string_view kLeftOutNames[] = {"contact", "registration", "detail"};
inline constexpr std::string_view kOutcomeNames[] = {
    "accepted",
    "rejected",
    "ended_subscription",
    "timed_out",
    "superseded",
    "transport_failed",
};
static_assert(std::size(kMethodNames) == kMethods);
static_assert(std::size(kTransportNames) == kTransports);
static_assert(std::size(kParseErrorNames) == kParseErrors);
static_assert(std::size(kBoundNames) == kCountOf<Bound>);
static_assert(std::size(kLeftOutNames) == kCountOf<LeftOut>);
static_assert(std::size(kOutcomeNames) == kCountOf<NotifyOutcome>);

}  // namespace reginfo::metrics
