/// @file
/// Every limit and timeout of the sockets, with its default. app/ reads them from the
/// configuration.
#pragma once

#include "core/base/address.hpp"
#include "core/base/time.hpp"
#include "core/sip/parser.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace reginfo {

/// Where copies of every SIP message go (transport/hep_exporter.hpp).
struct HepOptions {
    std::optional<Endpoint> server;    ///< nothing: nowhere
    std::uint32_t capture_id = 2'001;  ///< tells this server from others that send copies
    std::string password;              ///< empty: none is sent
};

struct TransportOptions {
    sip::ParseLimits message;  ///< the same as Settings::Limits::message

    std::size_t udp_queue_bytes = 32U << 20U;  ///< unsent, each listener; above it is dropped

    std::size_t connections = 16'384;          ///< in all, inbound and our own
    std::size_t connections_per_peer = 1'024;  ///< with one IP address
    std::size_t tcp_queue_bytes = 4U << 20U;   ///< unsent, each connection; above it is closed
    std::size_t tcp_queue_bytes_total = 256U << 20U;
    std::size_t tcp_input_bytes_total = 256U << 20U;  ///< of messages that are not yet complete

    Duration connect_timeout = std::chrono::seconds{5};
    Duration message_timeout = std::chrono::seconds{30};  ///< from a message's first to last byte
    Duration idle_timeout = std::chrono::hours{2};
    Duration linger_timeout = std::chrono::seconds{5};  ///< to take what is queued, once closing
    /// How long sent bytes may go unacknowledged (TCP_USER_TIMEOUT), 64*T1.
    std::chrono::milliseconds unacknowledged_timeout{32'000};
    Duration accept_backoff = std::chrono::milliseconds{100};  ///< after an error such as EMFILE

    std::vector<Endpoint> resolver_servers;               ///< none: the system's
    Duration resolver_timeout = std::chrono::seconds{2};  ///< of the first try; then twice as long
    std::size_t resolver_tries = 2;                       ///< of each server
    std::size_t resolver_queries = 64;                    ///< that have a place (DnsTurns)
    std::size_t resolver_queries_per_zone = 4;            ///< at first; answers make it more
    Duration resolver_deadline = std::chrono::seconds{32};  ///< of a question, 64*T1
    std::size_t resolver_questions = 250'000;               ///< waiting, in all
    std::size_t resolver_cache = 1'024;  ///< answers remembered, and as many that there is none
    Duration resolver_min_ttl = std::chrono::seconds{1};
    Duration resolver_max_ttl = std::chrono::hours{1};
    Duration resolver_negative_ttl = std::chrono::seconds{5};

    HepOptions hep;
};

}  // namespace reginfo
