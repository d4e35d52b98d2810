/// @file
/// Effects: what the driver does for the core, in order. Only datagrams of one turn may leave in
/// another order, responses before requests.
#pragma once

#include "core/base/address.hpp"
#include "core/base/shard.hpp"
#include "core/base/time.hpp"

#include <boost/smart_ptr/local_shared_ptr.hpp>

#include <cstdint>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace reginfo {

enum class Transport : std::uint8_t { udp, tcp };

constexpr bool is_reliable(Transport transport) { return transport != Transport::udp; }
constexpr std::string_view name_of(Transport transport) {
    return transport == Transport::udp ? "UDP" : "TCP";
}

/// Identifies a listener: its index in the configuration.
using ListenerId = std::uint16_t;

/// Identifies a TCP connection for the life of the process; 0 for none.
using ConnectionId = std::uint64_t;

/// The way to a peer (RFC 5626 §2.1, and for UDP: our socket and the peer's address).
///
/// A TCP flow without a connection stands for the existing connection to that peer from the address
/// of the listener, or else a new one.
struct Flow {
    Transport transport = Transport::udp;
    ListenerId listener = 0;
    Endpoint peer;
    std::uint16_t relay = 0;  ///< the socket is another node's (core/cluster/relayed_ways.hpp)
    ConnectionId connection = 0;

    friend bool operator==(const Flow&, const Flow&) = default;
};

/// Bytes that many messages share: the part of a document that is the same for all watchers.
using SharedBytes = boost::local_shared_ptr<const std::string>;

/// Send one whole SIP message on this flow: `head`, then `tail` if there is one.
struct Send {
    Flow flow;
    std::string head;
    SharedBytes tail = {};
    /// Of a response: the port of the peer for a new connection if flow.connection has ended (RFC
    /// 3261 §18.2.2). 0: then the response is dropped.
    std::uint16_t reconnect_port = 0;
};

/// Why a datagram could not be sent.
enum class Unsent : std::uint8_t {
    too_large,  ///< for a datagram, or for one that must not be fragmented
    no_way,     ///< there is no route to the peer, or a filter
};

/// Close the connection of a peer that broke framing or the protocol, after the bytes queued on it.
struct Close {
    Flow flow;
};

/// Identifies a commit for the life of the process.
using CommitId = std::uint64_t;

/// The kind of a record. Transactions may be dropped once they are older than
/// Settings::transaction_memory(). The unsettled have a key alone
/// (core/event/records/unsettled.hpp); a store gives them back first.
enum class Bucket : std::uint8_t { aor, dialog, transaction, unsettled };

/// A record to store, or without a value, to remove. Key and value are opaque to the store.
struct Write {
    Bucket bucket = Bucket::aor;
    std::string key;
    std::optional<std::string> value;
};

/// A record from the store (Write).
struct StoredRecord {
    Bucket bucket = Bucket::aor;
    std::string_view key;
    std::string_view value;
    Duration age{};   ///< since it was written; not negative
    Shard shard = 0;  ///< under which the store keeps it, where it tells shards apart
};

/// Make these writes durable, all or none, and call Engine::handle_committed. There are no commits
/// without a store (Settings::durable).
struct Commit {
    CommitId id = 0;
    std::vector<Write> writes;
    /// The engine handles a failure. If false, the writes are retried until they are durable.
    bool is_awaited = true;
    Shard shard = 0;  ///< of all the writes, where the engine shares its store with others
};

/// Identifies a question to the resolver for the life of the process.
using ResolveId = std::uint64_t;

/// Resolve a URI with a host name (RFC 3263), and call Engine::handle_resolved.
struct Resolve {
    ResolveId id = 0;
    std::string host;
    std::uint16_t port = 0;              ///< 0 if the URI has none
    std::optional<Transport> transport;  ///< nothing if the URI has none
    bool secure = false;                 ///< a SIPS URI
    bool is_route = false;      ///< the name is in a route set: of an edge proxy, not a phone
    Endpoint from = {};         ///< the far end of the SUBSCRIBE
    std::uint64_t watcher = 0;  ///< the watcher, as far as it is known
};

/// A resolved address.
struct Target {
    Transport transport = Transport::udp;
    Endpoint endpoint;

    friend bool operator==(const Target&, const Target&) = default;
};

/// A line for the log. The writer limits the rate of each `what`.
struct Note {
    enum class Severity : std::uint8_t { debug, info, warning, error };

    Severity severity = Severity::info;
    std::string_view what;  ///< a fixed text for the kind of event
    std::string detail;     ///< the error, the place, what to do; may have text of a peer
    std::optional<Flow> flow = {};
    bool limited = true;  ///< false for a line that was requested and must not be left out
};

using Effect = std::variant<Send, Close, Commit, Resolve, Note>;

/// The effects of a turn, in order. The driver performs and clears them before it waits again (see
/// Engine). The memory is used again in the next turn.
class Outbox {
public:
    void send(const Flow& flow, std::string head, SharedBytes tail = {}) {
        effects_.emplace_back(Send{flow, std::move(head), std::move(tail)});
    }
    void respond(const Flow& flow, std::string head, std::uint16_t reconnect_port) {
        effects_.emplace_back(Send{flow, std::move(head), {}, reconnect_port});
    }
    void close(const Flow& flow) { effects_.emplace_back(Close{flow}); }
    void commit(CommitId id, std::vector<Write> writes, bool is_awaited = true, Shard shard = 0) {
        effects_.emplace_back(Commit{id, std::move(writes), is_awaited, shard});
    }
    void resolve(Resolve question) { effects_.emplace_back(std::move(question)); }
    void note(
        Note::Severity severity,
        std::string_view what,
        std::string detail,
        std::optional<Flow> flow = {}
    ) {
        note(Note{severity, what, std::move(detail), flow});
    }
    void note(Note line) { effects_.emplace_back(std::move(line)); }

    /// Takes all of another one, behind its own.
    void append(Outbox& other) {
        effects_.insert(
            effects_.end(),
            std::make_move_iterator(other.effects_.begin()),
            std::make_move_iterator(other.effects_.end())
        );
        other.clear();
    }

    std::span<Effect> effects() { return effects_; }
    bool empty() const { return effects_.empty(); }
    void clear() { effects_.clear(); }
    void swap(Outbox& other) noexcept { effects_.swap(other.effects_); }

private:
    std::vector<Effect> effects_;
};

}  // namespace reginfo
