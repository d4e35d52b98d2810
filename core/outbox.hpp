/// @file
/// What the core asks the world to do: effects, in the order in which they are due. Datagrams of
/// one turn may leave in another, responses before requests.
#pragma once

#include "core/base/address.hpp"
#include "core/base/time.hpp"

#include <boost/smart_ptr/local_shared_ptr.hpp>

#include <cstdint>
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

/// Names one of the listeners, in the order of the configuration.
using ListenerId = std::uint16_t;

/// Names one TCP connection for the life of the process; 0 names none.
using ConnectionId = std::uint64_t;

/// The way to a peer (RFC 5626 §2.1, and for UDP: our socket and the peer's address).
///
/// A TCP flow without a connection means "the connection that we have to that peer from that
/// listener's address, else a new one".
struct Flow {
    Transport transport = Transport::udp;
    ListenerId listener = 0;
    Endpoint peer;
    ConnectionId connection = 0;

    friend bool operator==(const Flow&, const Flow&) = default;
};

/// Bytes shared by many messages: the part of a document that is the same for all watchers.
using SharedBytes = boost::local_shared_ptr<const std::string>;

/// Send one whole SIP message on this flow: `head`, then `tail` if there is one.
struct Send {
    Flow flow;
    std::string head;
    SharedBytes tail = {};
    /// Of a response: if flow.connection is gone, it goes by another one to this port of the peer
    /// (RFC 3261 §18.2.2). 0: then it is not sent.
    std::uint16_t reconnect_port = 0;
};

/// Why a datagram did not leave.
enum class Unsent : std::uint8_t {
    too_large,  ///< for any datagram, or for one that may not be fragmented
    no_way,     ///< the network does not lead to the peer, or does not let it pass
};

/// The peer broke framing or the protocol: close its connection, after what is queued on it.
struct Close {
    Flow flow;
};

/// Names one commit for the life of the process.
using CommitId = std::uint64_t;

/// Which kind of record a Write is about.
/// Transactions are of no use, and may be dropped, once they are older than
/// Settings::transaction_memory().
enum class Bucket : std::uint8_t { aor, dialog, transaction };

/// One record to store; without a value, to forget. Both are opaque to the store.
struct Write {
    Bucket bucket = Bucket::aor;
    std::string key;
    std::optional<std::string> value;
};

/// One record as the store had it (Write).
struct StoredRecord {
    Bucket bucket = Bucket::aor;
    std::string_view key;
    std::string_view value;
    Duration age{};  ///< since it was written; not negative
};

/// Make these writes durable, all or none, and tell the engine (Engine::handle_committed). None is
/// asked for where there is no store (Settings::durable).
struct Commit {
    CommitId id = 0;
    std::vector<Write> writes;
    /// Somebody waits for the answer, and takes failure for one. If not, the writes are tried until
    /// they are durable.
    bool is_awaited = true;
};

/// Names one question to the resolver for the life of the process.
using ResolveId = std::uint64_t;

/// Find where a URI with a host name leads to (RFC 3263) and tell the engine
/// (Engine::handle_resolved).
struct Resolve {
    ResolveId id = 0;
    std::string host;
    std::uint16_t port = 0;              ///< 0 if the URI named none
    std::optional<Transport> transport;  ///< nothing if the URI named none
    bool secure = false;                 ///< a SIPS URI
    bool is_route = false;               ///< the name is of a route set: of an edge, not of a phone
    Endpoint from = {};                  ///< who asks: the far end of the SUBSCRIBE,
    std::uint64_t watcher = 0;           ///< and its watcher, as far as that can be told
};

/// One place that a URI leads to.
struct Target {
    Transport transport = Transport::udp;
    Endpoint endpoint;

    friend bool operator==(const Target&, const Target&) = default;
};

/// A line for the log. The writer limits the rate of each `what`.
struct Note {
    enum class Severity : std::uint8_t { debug, info, warning, error };

    Severity severity = Severity::info;
    std::string_view what;  ///< a fixed text: names the kind of event
    std::string detail;     ///< what was wrong, where, what to do; may hold peer's text
    std::optional<Flow> flow = {};
    bool limited = true;  ///< else it was asked for, and is not to be left out
};

using Effect = std::variant<Send, Close, Commit, Resolve, Note>;

/// Effects in that order. The driver performs and clears them before it waits
/// again (see Engine). Reused from turn to turn, so appending seldom allocates.
class Outbox {
public:
    void send(const Flow& flow, std::string head, SharedBytes tail = {}) {
        effects_.emplace_back(Send{flow, std::move(head), std::move(tail)});
    }
    void respond(const Flow& flow, std::string head, std::uint16_t reconnect_port) {
        effects_.emplace_back(Send{flow, std::move(head), {}, reconnect_port});
    }
    void close(const Flow& flow) { effects_.emplace_back(Close{flow}); }
    void commit(CommitId id, std::vector<Write> writes, bool is_awaited = true) {
        effects_.emplace_back(Commit{id, std::move(writes), is_awaited});
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

    std::span<Effect> effects() { return effects_; }
    bool empty() const { return effects_.empty(); }
    void clear() { effects_.clear(); }
    void swap(Outbox& other) noexcept { effects_.swap(other.effects_); }

private:
    std::vector<Effect> effects_;
};

}  // namespace reginfo
