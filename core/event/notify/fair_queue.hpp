/// @file
/// Subscriptions that wait for a place in a window.
#pragma once

#include "core/event/records/subscription.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <list>

namespace reginfo {

/// Urgent subscriptions and the others take turns, so that neither keeps the other waiting. Of the
/// others, AORs take turns. Within one AOR, and among urgent ones, the first and the last take
/// turns: neighbours came at the same time and often die together, and then those at the other end
/// show that the next hop is at work. Nobody waits longer for it than twice.
///
/// A subscription leaves the queue by itself when it is removed.
class FairQueue {
public:
    /// One that waits already, in this queue or another one, moves to where it belongs now.
    void push(Subscription& subscription);

    /// The next one; nullptr if nobody waits.
    Subscription* pop();

    /// False also where all that waited have left by themselves, until the next pop().
    bool is_empty() const { return urgent_.waiting.empty() && ring_.empty(); }

    void clear();

private:
    struct Ends {
        QueueList waiting;
        bool last_is_next = false;

        Subscription& pop();
    };
    struct AorQueue : Ends {
        const Aor* aor = nullptr;
    };

    Subscription* pop_urgent();
    Subscription* pop_of_ring();

    Ends urgent_;
    bool urgent_is_next_ = true;
    std::list<AorQueue> ring_;
    boost::unordered_flat_map<const Aor*, std::list<AorQueue>::iterator> by_aor_;
};

}  // namespace reginfo
