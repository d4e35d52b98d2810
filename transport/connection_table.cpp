/// @file
/// The TCP connections that there are, by number, by peer, and how many with each address.

#include "transport/connection_table.hpp"

#include <utility>

namespace reginfo {

TcpConnection& ConnectionTable::add(std::unique_ptr<TcpConnection> connection) {
    TcpConnection& added = *connection;
    ++counts_[added.flow().peer.address];
    if (added.is_forbidden()) ++forbidden_;
    by_way_[Way{added.local(), added.flow().peer}] = added.id();
    by_id_.emplace(added.id(), std::move(connection));
    return added;
}

void ConnectionTable::remove(TcpConnection& connection) {
    forget_peer(connection);
    const auto count = counts_.find(connection.flow().peer.address);
    if (--count->second == 0) counts_.erase(count);
    if (connection.is_forbidden()) --forbidden_;
    by_id_.erase(connection.id());
}

void ConnectionTable::clear() {
    by_way_.clear();
    counts_.clear();
    forbidden_ = 0;
    by_id_.clear();
}

std::size_t ConnectionTable::count_with(const IpAddress& peer) const {
    const auto found = counts_.find(peer);
    return found == counts_.end() ? 0 : found->second;
}

TcpConnection* ConnectionTable::find(ConnectionId id) const {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : found->second.get();
}

TcpConnection* ConnectionTable::find(const IpAddress& local, const Endpoint& peer) const {
    const auto found = by_way_.find(Way{local, peer});
    return found == by_way_.end() ? nullptr : find(found->second);
}

void ConnectionTable::forget_peer(const TcpConnection& connection) {
    const auto found = by_way_.find(Way{connection.local(), connection.flow().peer});
    if (found != by_way_.end() && found->second == connection.id()) by_way_.erase(found);
}

}  // namespace reginfo
