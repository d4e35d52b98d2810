/// @file
/// Time, random numbers and the network between the engine and its peers, all in memory.
#pragma once

#include "core/base/time.hpp"
#include "core/base/token_source.hpp"
#include "core/outbox.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>

namespace reginfo::sim {

/// The quality of the network for datagrams.
struct Weather {
    unsigned loss = 0;        ///< percent
    unsigned duplicates = 0;  ///< percent
    Duration delay_max{};
};

class Network {
public:
    using Event = std::function<void()>;

    explicit Network(std::uint64_t seed) : chance_(seed) {}

    TimePoint now{std::chrono::seconds{1000}};
    Weather weather;

    void at(TimePoint when, Event event) { events_.emplace(when, std::move(event)); }
    void after(Duration delay, Event event) { at(now + delay, std::move(event)); }
    std::optional<TimePoint> next() const;
    /// Runs the earliest event. @pre there is one
    void step();

    std::uint64_t roll(std::uint64_t sides) { return chance_.next() % sides; }
    bool happens(unsigned percent) { return percent > 0 && roll(100) < percent; }

    /// Datagrams may be lost, duplicated, late and overtaken. A datagram that is too old for any
    /// network (after a clock step) is lost.
    void datagram(const Event& deliver);

    // TCP: in order, and lost only with the connection.

    struct Connection {
        Endpoint peer;
        bool open = true;
        bool used_by_peer = false;  ///< found by the engine by address (Flow::connection 0)
    };

    ConnectionId connect(const Endpoint& peer);
    Connection* find(ConnectionId id);
    /// The newest open connection to that peer; 0 if there is none.
    ConnectionId connection_to(const Endpoint& peer) const;
    void stream(ConnectionId id, Event deliver);
    void close_all();

    const std::map<ConnectionId, Connection>& connections() const { return connections_; }

private:
    TokenSource chance_;
    std::multimap<TimePoint, Event> events_;
    std::map<ConnectionId, Connection> connections_;
    ConnectionId last_ = 0;
};

}  // namespace reginfo::sim
