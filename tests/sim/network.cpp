/// @file

#include "tests/sim/network.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace reginfo::sim {
namespace {

constexpr Duration kShortest = std::chrono::milliseconds{3};
constexpr Duration kStreamDelay = std::chrono::milliseconds{20};
constexpr Duration kDatagramLife = std::chrono::seconds{5};

}  // namespace

std::optional<TimePoint> Network::next() const {
    if (events_.empty()) return std::nullopt;
    return events_.begin()->first;
}

void Network::step() {
    auto node = events_.extract(events_.begin());
    now = std::max(now, node.key());
    node.mapped()();
}

void Network::datagram(const Event& deliver) {
    if (happens(weather.loss)) return;
    const TimePoint sent = now;
    for (int copies = happens(weather.duplicates) ? 2 : 1; copies > 0; --copies) {
        const auto spread = static_cast<std::uint64_t>(weather.delay_max.count()) + 1;
        after(kShortest + Duration{static_cast<std::int64_t>(roll(spread))}, [=, this] {
            if (now - sent <= kDatagramLife) deliver();
        });
    }
}

ConnectionId Network::connect(const Endpoint& peer) {
    connections_.emplace(++last_, Connection{peer, true, false});
    return last_;
}

Network::Connection* Network::find(ConnectionId id) {
    const auto at = connections_.find(id);
    return at == connections_.end() || !at->second.open ? nullptr : &at->second;
}

ConnectionId Network::connection_to(const Endpoint& peer) const {
    ConnectionId found = 0;
    for (const auto& [id, connection] : connections_) {
        if (connection.open && connection.peer == peer) found = id;
    }
    return found;
}

void Network::stream(ConnectionId id, Event deliver) {
    after(kStreamDelay, [this, id, deliver = std::move(deliver)] {
        if (find(id) != nullptr) deliver();
    });
}

void Network::close_all() {
    for (auto& [id, connection] : connections_) connection.open = false;
}

}  // namespace reginfo::sim
