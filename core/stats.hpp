/// @file
/// The counters of the core: plain numbers, read at the scrape on the thread of the reactor.
#pragma once

#include "core/base/histogram.hpp"
#include "core/event/watcher/profile.hpp"
#include "core/sip/message.hpp"
#include "core/sip/parser.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace reginfo {

inline constexpr std::size_t kMethods = static_cast<std::size_t>(sip::Method::other) + 1;
inline constexpr std::size_t kStatusCodes = 700;
inline constexpr std::size_t kTransports = 2;
inline constexpr std::size_t kParseErrors =
    static_cast<std::size_t>(sip::ParseError::body_too_large) + 1;

/// The bounds that refuse or shed.
enum class Bound : std::uint8_t {
    publications_per_aor,
    contacts_per_aor,
    aor_bytes,
    publications,
    subscriptions_per_aor,
    subscriptions_per_watcher,
    subscriptions,
    transactions,
    pending_commits,
    waiting_requests,
    dialog_state,
    unanswered_hop,
    memory,
    overload_publish,
    overload_subscribe,
    draining,
    untrusted_peer,
    document,
    ended_contacts,
    ended_words,
    count_,
};

/// Parts of documents that were left out, as they cannot be passed on.
enum class LeftOut : std::uint8_t { contact, registration, detail, count_ };

/// How a NOTIFY ended.
enum class NotifyOutcome : std::uint8_t {
    accepted,
    rejected,
    ended_subscription,
    timed_out,
    superseded,
    transport_failed,
    count_,
};

template <class Enum>
inline constexpr std::size_t kCountOf = static_cast<std::size_t>(Enum::count_);

/// The values of Stats::drain_phase.
inline constexpr std::uint64_t kOnlyAnswersLeft = 2;

/// Monotonic counters, then gauges.
struct Stats {
    using Counter = std::uint64_t;

    std::array<std::array<Counter, kTransports>, kMethods> requests_received{};
    template <std::size_t Size>
    using ByTransport = std::array<std::array<Counter, Size>, kTransports>;
    std::array<ByTransport<kStatusCodes>, kMethods> responses_sent{};
    ByTransport<kStatusCodes> notify_responses_received{};
    std::array<Counter, kParseErrors> parse_errors{};
    Counter bad_requests = 0;              ///< answered 400
    Counter repeats_received = 0;          ///< requests that came before by another way
    Counter retransmissions_received = 0;  ///< requests answered from memory or absorbed
    Counter transactions_forgotten = 0;    ///< finished ones, ended early for new ones
    Counter retransmissions_sent = 0;      ///< NOTIFYs sent again by timer E
    Counter unanswerable = 0;              ///< requests without a usable Via
    Counter stray_responses = 0;
    Counter etag_mismatches = 0;  ///< 412

    Counter publications_created = 0;
    Counter publications_refreshed = 0;
    Counter publications_modified = 0;
    Counter publications_removed = 0;
    Counter publications_expired = 0;
    Counter contacts_expired = 0;                       ///< by their own clock
    std::array<Counter, kCountOf<LeftOut>> left_out{};  ///< parts of accepted documents
    Counter merge_conflicts = 0;  ///< a word that lost to a word of another publication
    Counter revisions = 0;        ///< visible changes of AORs

    Counter subscriptions_created = 0;
    Counter subscriptions_refreshed = 0;
    Counter subscriptions_ended_by_watcher = 0;
    Counter subscriptions_expired = 0;
    Counter subscriptions_failed = 0;   ///< ended by the answer to a NOTIFY, or by none
    Counter subscriptions_drained = 0;  ///< ended because the server stops
    Counter fetches = 0;
    Counter forbidden_places = 0;  ///< Contacts, routes and names with a forbidden address

    Counter notifies_sent = 0;  ///< transactions, not copies
    std::array<Counter, kCountOf<NotifyOutcome>> notify_outcomes{};
    Counter documents_built = 0;
    std::array<Counter, kCountOf<Bound>> refused_by_bound{};
    Counter commits_failed = 0;
    Counter operator_actions = 0;  ///< actions carried out (Engine::handle_action)
    Histogram publish_to_notify;   ///< from a PUBLISH with a change to each of its NOTIFYs
    Histogram publish_to_answer;   ///< from there to the 2xx of the watcher

    std::uint64_t aors = 0;
    std::uint64_t publications = 0;
    std::uint64_t contacts_active = 0;
    std::uint64_t contacts_ended = 0;  ///< kept until each watcher has answered 2xx
    std::uint64_t subscriptions = 0;
    std::array<std::uint64_t, kProfiles> subscriptions_by_profile{};
    std::uint64_t dialogs = 0;
    std::uint64_t server_transactions = 0;
    std::uint64_t notifies_in_flight = 0;
    std::uint64_t notifies_queued = 0;   ///< waiting for a window
    std::uint64_t windows = 0;           ///< next hops with NOTIFYs in flight
    std::uint64_t window_limit_sum = 0;  ///< of the NOTIFYs that they allow in flight
    std::uint64_t commits_pending = 0;
    std::uint64_t drain_phase =
        0;                     ///< 0: none; 1: subscriptions are being ended; 2: all have ended
    std::uint64_t traces = 0;  ///< AORs that are traced in the log
    std::uint64_t missed = 0;  ///< AORs and dialogs still to be handled after a restart
};

template <class Enum>
constexpr std::size_t index_of(Enum value) {
    return static_cast<std::size_t>(value);
}

}  // namespace reginfo
