/// @file
/// SUBSCRIBEs that came just before the PUBLISH that they need.
#pragma once

#include "core/base/time.hpp"
#include "core/base/timer_queue.hpp"
#include "core/event/records/request_queue.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <optional>

namespace reginfo {

/// Each waits until its identity is registered, or its time is over (WaitingRequest::wait_until).
/// The caller has checked the bounds.
class EarlySubscribes {
public:
    /// Of one identity: a PUBLISH lets them in all at once.
    static constexpr std::size_t kOfOneIdentity = 64;

    bool has_room_for(std::uint64_t identity) const;

    /// @param identity  its key (IdentityIndex::key_of)
    /// @pre request.wait_until is set
    void hold(std::uint64_t identity, WaitingRequest request);

    /// Those that wait for that identity, all of them, or those whose time is over, at most
    /// `count`. Null if there is none.
    RequestList take(std::uint64_t identity);
    RequestList take_all();
    RequestList take(Shard shard);
    RequestList take_expired(TimePoint now, std::size_t count);

    std::optional<TimePoint> next_deadline() const { return timers_.next_deadline(); }
    std::size_t size() const { return size_; }
    std::size_t message_bytes() const { return message_bytes_; }
    std::size_t bytes() const;  ///< without the messages

private:
    struct Early {
        Early(std::uint64_t identity_, WaitingRequest request_)
            : identity(identity_), request(std::move(request_)) {}

        Timer timer;
        std::uint64_t identity;
        WaitingRequest request;
    };
    using Group = std::list<Early>;

    void take(Early& early, RequestList& out);

    boost::unordered_flat_map<std::uint64_t, Group> by_identity_;
    TimerQueue<Early, &Early::timer> timers_;
    std::size_t size_ = 0;
    std::size_t message_bytes_ = 0;
};

}  // namespace reginfo
