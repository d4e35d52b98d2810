/// @file
/// Every limit and policy of the core, with its default. app/ reads them from the configuration.
#pragma once

#include "core/base/address.hpp"
#include "core/base/network.hpp"
#include "core/base/time.hpp"
#include "core/event/watcher/profile.hpp"
#include "core/outbox.hpp"
#include "core/reginfo/reader.hpp"
#include "core/sip/parser.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace reginfo {

/// Bounds for the lifetime of soft state (RFC 3903 §4.2, RFC 6665 §4.2.1.1).
struct ExpiryPolicy {
    Seconds default_expires{3600};  ///< for a request without Expires
    Seconds min_expires{0};         ///< below this, but not 0: 423; 0 accepts any
    Seconds max_expires{86'400};    ///< longer ones are shortened
};

/// One listener, with the address that peers get.
struct ListenerSettings {
    Transport transport = Transport::udp;
    Endpoint bound;  ///< for Via if nothing else is advertised
    std::string
        advertise_host;  ///< in Via and Contact: a name, an IPv4 or a bracketed IPv6 address
    std::uint16_t advertise_port = 0;
};

/// The addresses of this host besides the listeners (core/event/notify/forbidden_place.hpp).
struct HostSettings {
    std::vector<Endpoint> sockets;      ///< of this process for other purposes: the side port
    std::vector<IpAddress> addresses;   ///< of its interfaces, all covered by a wildcard address
    std::vector<IpAddress> broadcasts;  ///< of its networks
};

struct Settings {
    std::vector<ListenerSettings> listeners;  ///< ListenerId is the index
    HostSettings host;

    std::string server_name = "reginfod";  ///< Server and User-Agent; empty sends neither

    // Peers that are served. Loopback and private ranges unless configured (app/config).
    std::vector<Network> trusted_networks;
    bool refuse_untrusted_with_403 = false;  ///< else they are ignored

    Duration t1 = std::chrono::milliseconds{500};  ///< RFC 3261 §17.1.1.1
    Duration t2 = std::chrono::seconds{4};
    Duration t4 = std::chrono::seconds{5};

    ExpiryPolicy publish;
    ExpiryPolicy subscribe;
    /// How long a subscription lives beyond the granted time, so that a refresh sent in time still
    /// finds it.
    Duration subscribe_grace = std::chrono::seconds{2};
    /// Taken off the Expires of a 2xx to PUBLISH, so that publishers refresh early (as Kamailio's
    /// presence does); the publication lives on for the full time.
    Seconds expires_offset{0};

    /// The profiles of watchers. The first rule that applies counts
    /// (core/event/watcher/profile.hpp).
    std::vector<ProfileRule> profile_rules;
    /// How long a SUBSCRIBE that needs a registered AOR (ProfileTraits::needs_contact) waits for
    /// the PUBLISH of its registration.
    Duration ims_hold = std::chrono::milliseconds{300};

    Duration contact_grace = std::chrono::seconds{2};  ///< RULES.md, "A contact has its own clock"

    struct Notify {
        Duration supersede_after = std::chrono::seconds{4};
        Duration supersede_after_kamailio = std::chrono::seconds{1};
        /// A NOTIFY larger than this goes over TCP (RFC 3261 §18.1.1: 200 bytes below the path's
        /// MTU, 1300 where that is not known); 0: never.
        std::size_t udp_bytes_max = 1300;
        std::uint32_t burst = 10;
        Duration min_interval = std::chrono::seconds{5};  ///< 0 turns pacing off
        /// Bounds for RFC 6446: the longest time between two NOTIFYs by max-rate, and the shortest
        /// by min-rate and adaptive-min-rate.
        Duration max_rate_interval = std::chrono::hours{1};
        Duration min_rate_interval = std::chrono::seconds{10};
        /// NOTIFYs a second for changes that were missed before a start.
        std::uint32_t recovery_rate = 2000;
        std::uint32_t window_initial = 32;  ///< NOTIFYs in flight to one next hop, at first
        std::uint32_t window_min = 8;
        std::uint32_t window_max = 65'536;
    } notify;

    struct Limits {
        sip::ParseLimits message;
        ReaderLimits document;
        std::size_t publications_per_aor = 256;
        /// In all publications of an AOR: contacts, other registrations and their contacts. Each
        /// change of the AOR processes all of them.
        std::size_t contacts_per_aor = 2'048;
        /// Of the record of an AOR, which each change copies and writes whole.
        std::size_t aor_bytes = 512U << 10U;
        std::size_t subscriptions_per_aor = 100'000;
        std::size_t subscriptions_per_watcher = 1'000'000;
        std::size_t publications = 4'000'000;
        std::size_t subscriptions = 4'000'000;
        std::size_t transactions = 1'000'000;    ///< in progress, and finished ones for timer J
        std::size_t pending_commits = 100'000;   ///< changes on their way to the store
        std::size_t waiting_requests = 100'000;  ///< waiting for a commit, in all
        std::size_t waiting_bytes = 64U << 20U;  ///< of them
        std::size_t dialog_state_bytes = 8'192;  ///< Contact, route set, tags, URIs of one dialog
        std::size_t expiries_per_turn = 256;
        /// Memory of the process. Near it new state is refused. 0: no bound.
        std::uint64_t memory_bytes = 0;
        std::size_t open_states = 1'024;  ///< of AORs, not encoded (OpenStates)
    } limits;

    /// How a server that will stop ends its subscriptions (Engine::handle_drain).
    struct Drain {
        std::uint32_t rate = 1'000;  ///< subscriptions ended a second, if nothing is durable
        Seconds retry_after{10};     ///< of the 503 to a new one
    } drain;

    bool durable = false;  ///< there is a store, and changes wait for it
    /// The key of the hashes in records. It must be the same after a restart, so the store keeps
    /// it. 0: derived from the seed of the engine.
    std::uint64_t hash_seed = 0;

    bool trusts(const IpAddress& address) const {
        return std::any_of(
            trusted_networks.begin(),
            trusted_networks.end(),
            [&](const Network& network) { return network.contains(address); }
        );
    }

    /// How long a finished server transaction is kept: timer J (RFC 3261 §17.2.2).
    Duration transaction_memory() const { return 64 * t1; }
};

}  // namespace reginfo
