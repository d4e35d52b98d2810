/// @file
/// The TCP connections that there are, by number, by peer, and how many with each address.
#pragma once

#include "transport/tcp_connection.hpp"

#include <boost/container_hash/hash.hpp>
#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <memory>
#include <vector>

namespace reginfo {

/// Owns the connections. Each stays where it is until it is removed.
class ConnectionTable {
public:
    TcpConnection& add(std::unique_ptr<TcpConnection> connection);
    void remove(TcpConnection& connection);
    void clear();

    std::size_t size() const { return by_id_.size(); }
    std::size_t count_forbidden() const { return forbidden_; }
    std::size_t count_with(const IpAddress& peer) const;

    /// Null if there is none, or no longer.
    TcpConnection* find(ConnectionId id) const;

    /// The one of that listener's address and that peer which came last; null if there is none.
    TcpConnection* find(const IpAddress& local, const Endpoint& peer) const;

    template <class Visit>
    void for_each(Visit visit) const {
        for (const auto& [id, connection] : by_id_) visit(*connection);
    }

    /// It cannot be found by its peer any more.
    void forget_peer(const TcpConnection& connection);

private:
    struct Way {
        IpAddress local;
        Endpoint peer;

        friend bool operator==(const Way&, const Way&) = default;
        friend std::size_t hash_value(const Way& way) {
            std::size_t hash = hash_value(way.local);
            boost::hash_combine(hash, way.peer);
            return hash;
        }
    };

    boost::unordered_flat_map<ConnectionId, std::unique_ptr<TcpConnection>> by_id_;
    boost::unordered_flat_map<Way, ConnectionId> by_way_;
    boost::unordered_flat_map<IpAddress, std::size_t> counts_;
    std::size_t forbidden_ = 0;
};

}  // namespace reginfo
