#include "metrics/http_places.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace reginfo::metrics {
namespace {

/// Of those that wait, when one is to give way.
constexpr std::size_t kLookedAt = 1'024;

/// Whoever has one address of an IPv6 network has all of it.
IpAddress peer_of(const IpAddress& address) {
    if (address.is_v4()) return address;
    IpAddress::Bytes network = address.bytes();
    std::fill(network.begin() + network.size() / 2, network.end(), std::uint8_t{0});
    return IpAddress(network);
}

}  // namespace

HttpPlaces::HttpPlaces(const Limits& limits)
    : regular_{limits.connections, limits.per_peer, 0, {}, {}},
      probes_{limits.probes, limits.probes / 2, 0, {}, {}} {}

HttpPlaces::Place::Place(HttpPlaces& places, const IpAddress& peer, std::function<void()> close)
    : places_(places), peer_(peer_of(peer)), close_(std::move(close)) {
    if (places_.enter(places_.regular_, *this)) {
        kind_ = Kind::regular;
    } else if (places_.enter(places_.probes_, *this)) {
        kind_ = Kind::probe;
    } else {
        return;
    }
    std::list<Place*>& waiting = places_.pool_of(*this).waiting;
    at_ = waiting.insert(waiting.end(), this);
    waiting_ = true;
}

HttpPlaces::Place::~Place() {
    if (kind_ != Kind::none) places_.leave(*this);
}

bool HttpPlaces::Place::serve() {
    if (kind_ == Kind::none) return false;
    Pool& pool = places_.pool_of(*this);
    Peer& peer = pool.peers.find(peer_)->second;
    if (waiting_) {
        pool.waiting.erase(at_);
        waiting_ = false;
        ++peer.served;
    }
    return kind_ == Kind::regular && peer.served <= pool.per_peer;
}

void HttpPlaces::Place::wait() {
    if (waiting_ || kind_ == Kind::none) return;
    Pool& pool = places_.pool_of(*this);
    --pool.peers.find(peer_)->second.served;
    at_ = pool.waiting.insert(pool.waiting.end(), this);
    waiting_ = true;
}

bool HttpPlaces::enter(Pool& pool, Place& place) {
    if (pool.taken >= pool.places && !make_room(pool)) return false;
    ++pool.taken;
    ++pool.peers[place.peer_].taken;
    return true;
}

bool HttpPlaces::make_room(Pool& pool) {
    if (pool.waiting.empty()) return false;
    const auto end = std::next(
        pool.waiting.begin(), static_cast<std::ptrdiff_t>(std::min(pool.waiting.size(), kLookedAt))
    );
    const auto found = std::find_if(pool.waiting.begin(), end, [&](const Place* place) {
        return pool.peers.find(place->peer_)->second.taken > pool.per_peer;
    });
    Place& place = found == end ? *pool.waiting.front() : **found;
    leave(place);
    ++displaced_;
    place.close_();
    return true;
}

void HttpPlaces::leave(Place& place) {
    Pool& pool = pool_of(place);
    const auto peer = pool.peers.find(place.peer_);
    if (place.waiting_) {
        pool.waiting.erase(place.at_);
        place.waiting_ = false;
    } else {
        --peer->second.served;
    }
    --pool.taken;
    if (--peer->second.taken == 0) pool.peers.erase(peer);
    place.kind_ = Kind::none;
}

}  // namespace reginfo::metrics
