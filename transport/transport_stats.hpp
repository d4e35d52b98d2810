/// @file
/// What the transport counts. Plain numbers, read at the scrape on the reactor's thread.
#pragma once

#include "core/base/histogram.hpp"
#include "core/base/time.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace reginfo {

/// Why a connection was closed. Connections that never were are counted apart.
enum class CloseCause : std::uint8_t {
    peer,         ///< the peer closed it
    error,        ///< reset, or sent bytes were not acknowledged in time
    requested,    ///< the engine asked for it
    idle,         ///< nothing came or went for idle_timeout
    message,      ///< a message was not complete within message_timeout
    slow_reader,  ///< more was queued for the peer than the bound
    memory,       ///< more incomplete input was held, of all connections, than the bound
    count_,
};

/// A sum of durations from which the mean follows, and the longest.
struct DurationStats {
    std::uint64_t count = 0;
    Duration sum{0};
    Duration max{0};
    Histogram histogram;

    void add(Duration duration) {
        ++count;
        sum += duration;
        max = std::max(max, duration);
        histogram.observe(duration);
    }
};

/// Monotonic counters, then gauges.
struct TransportStats {
    using Counter = std::uint64_t;

    Counter datagrams_received = 0;
    Counter datagram_bytes_received = 0;
    Counter datagrams_lost_by_kernel = 0;  ///< its receive buffer was full (SO_RXQ_OVFL)
    Counter datagrams_sent = 0;
    Counter datagram_bytes_sent = 0;
    Counter datagrams_dropped = 0;     ///< our queue was full
    Counter datagrams_unsendable = 0;  ///< refused by the kernel, or no such listener

    Counter segments_refused = 0;  ///< several as one: their path or device cannot cut them

    Counter pressure_changes = 0;
    Counter messages_withheld = 0;  ///< as the lease of this node had run out
    std::uint64_t pressure = 0;     ///< reginfo::Pressure: 0 none, 1 high, 2 extreme

    Counter stream_messages_received = 0;
    Counter stream_bytes_received = 0;
    Counter stream_pings = 0;
    Counter stream_messages_sent = 0;
    Counter stream_bytes_sent = 0;
    Counter stream_messages_unsendable = 0;  ///< no connection, and none could be begun

    Counter connections_accepted = 0;
    Counter connections_refused = 0;    ///< accepted and closed at once: a limit
    Counter connections_untrusted = 0;  ///< accepted and closed at once: Admission::ignored
    Counter accept_errors = 0;
    Counter connections_made = 0;  ///< by us
    Counter connects_failed = 0;
    Counter connects_timed_out = 0;
    std::array<Counter, static_cast<std::size_t>(CloseCause::count_)> connections_closed{};

    Counter resolver_questions = 0;
    Counter resolver_cache_hits = 0;
    Counter resolver_failures = 0;
    Counter resolver_queries = 0;       ///< to servers, or to the file of hosts
    Counter resolver_refused = 0;       ///< too many questions waiting
    Counter resolver_refused_slow = 0;  ///< too many of them in a zone that does not answer
    Counter resolver_timed_out = 0;     ///< not answered by their deadline
    Counter resolver_silences = 0;      ///< queries that no server answered

    Counter hep_sent = 0;     ///< copies of messages to Homer
    Counter hep_dropped = 0;  ///< too large, or not taken by the kernel

    DurationStats turns;           ///< from the input to the last system call of its effects
    DurationStats timer_lateness;  ///< of the engine's deadlines

    std::uint64_t connections_open = 0;  ///< being made or closed included
    std::uint64_t datagram_bytes_queued = 0;
    std::uint64_t stream_bytes_queued = 0;
    std::uint64_t stream_input_bytes = 0;  ///< of messages that are not yet complete
    std::uint64_t resolver_waiting = 0;    ///< queries whose turn it is not yet
    std::uint64_t resolver_asked = 0;      ///< queries that servers are asked
};

}  // namespace reginfo
