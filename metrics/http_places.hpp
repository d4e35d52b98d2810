/// @file
/// Who has a place on the side port, and who gives way to whom.
#pragma once

#include "core/base/address.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>

namespace reginfo::metrics {

/// Places for connections, and a share of them that each peer is sure of.
///
/// A connection waits until its request has come whole, and again after the answer. Where there is
/// no place for a new one, the one that has waited longest gives way: of those peers that have more
/// than their share, else of all. So whoever connects and asks is served, however many do not ask.
///
/// Where nobody waits, as all are being answered, a new one gets one of some places that are for
/// health checks alone, on the same terms; and so much as its share is answered to one peer at a
/// time. So no load takes the answer to a probe away.
class HttpPlaces {
public:
    struct Limits {
        std::size_t connections = 256;
        std::size_t per_peer = 64;
        std::size_t probes = 32;  ///< on top of `connections`
    };

    enum class Kind : std::uint8_t {
        regular,
        probe,  ///< for a health check alone
        none,   ///< there is no place, or it was given to another
    };

    /// The place of one connection, for as long as this lives.
    class Place {
    public:
        /// @param places  must outlive it
        /// @param close   called when it gives way: the connection is to be closed
        Place(HttpPlaces& places, const IpAddress& peer, std::function<void()> close);
        ~Place();
        Place(const Place&) = delete;
        Place& operator=(const Place&) = delete;

        Kind kind() const { return kind_; }

        /// Its request is whole: it keeps its place until wait(). Returns whether it may be any
        /// request, or a health check alone.
        bool serve();
        /// It waits for a request, behind all who do already.
        void wait();

    private:
        friend class HttpPlaces;

        HttpPlaces& places_;
        IpAddress peer_;
        std::function<void()> close_;
        Kind kind_ = Kind::none;
        bool waiting_ = false;
        std::list<Place*>::iterator at_;  ///< among those that wait, if it does
    };

    explicit HttpPlaces(const Limits& limits);

    std::size_t size() const { return regular_.taken + probes_.taken; }
    std::uint64_t displaced() const { return displaced_; }  ///< connections that gave way, ever

private:
    struct Peer {
        std::size_t taken = 0;
        std::size_t served = 0;  ///< of these
    };
    struct Pool {
        std::size_t places = 0;
        std::size_t per_peer = 0;
        std::size_t taken = 0;
        std::list<Place*> waiting;  ///< the longest first
        std::map<IpAddress, Peer> peers;
    };

    bool enter(Pool& pool, Place& place);
    bool make_room(Pool& pool);
    void leave(Place& place);
    Pool& pool_of(const Place& place) { return place.kind_ == Kind::probe ? probes_ : regular_; }

    Pool regular_;
    Pool probes_;
    std::uint64_t displaced_ = 0;
};

}  // namespace reginfo::metrics
