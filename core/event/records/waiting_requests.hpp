/// @file
/// Requests that are held back: behind a change of the same AOR or dialog, or until a PUBLISH.
#pragma once

#include "core/base/time.hpp"
#include "core/event/records/aor_table.hpp"
#include "core/event/records/early_subscribes.hpp"
#include "core/event/records/request_queue.hpp"
#include "core/event/records/subscription_store.hpp"
#include "core/outbox.hpp"
#include "core/settings.hpp"
#include "core/stats.hpp"

#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

namespace reginfo {

/// Holds requests back, within limits.waiting_requests and limits.waiting_bytes, and gives them
/// back in the order in which they came.
class WaitingRequests {
public:
    /// All of it must outlive this.
    WaitingRequests(
        const Settings& settings,
        Stats& stats,
        AorTable& aors,
        SubscriptionStore& subscriptions
    )
        : settings_(settings), stats_(stats), aors_(aors), subscriptions_(subscriptions) {}

    /// Holds a request back behind the pending change that has locked its AOR or dialog. Returns
    /// false if too many wait already; counted and noted.
    bool hold(RequestQueue& queue, WaitingRequest request, Outbox& outbox);

    /// Holds a SUBSCRIBE back until its identity is registered, or its time is over
    /// (WaitingRequest::wait_until). Returns false if there is no room.
    bool hold_early(std::string_view identity, WaitingRequest request, Outbox& outbox);

    /// The pending change is done: the requests behind it are ready.
    void release(Aor& aor);
    void release(Dialog& dialog);

    /// The identity is registered: the SUBSCRIBEs that wait for it are ready.
    /// @param identity  its key (IdentityIndex::key_of)
    void registered(std::uint64_t identity);
    /// Those whose time is over are ready, at most `count`.
    void expire_early(TimePoint now, std::size_t count);
    /// All that wait for a PUBLISH are ready, and wait no more.
    void end_early(TimePoint now);

    /// Those behind the change come out, and those of the shard that are early or ready.
    std::vector<WaitingRequest> take(RequestQueue& queue);
    std::vector<WaitingRequest> take(Shard shard);

    /// The next request that is ready; nothing if none is.
    std::optional<WaitingRequest> next_ready();

    std::optional<TimePoint> next_deadline() const { return early_.next_deadline(); }
    std::size_t size() const { return size_; }
    bool has_early() const { return early_.size() > 0; }
    std::size_t message_bytes() const { return message_bytes_; }
    std::size_t index_bytes() const { return early_.bytes(); }

private:
    /// Requests that are ready, one after the other, until one of them locks their queue again.
    struct Ready {
        RequestList requests;
        std::function<RequestQueue*()> queue;  ///< null if its AOR or dialog is gone
    };

    bool has_room_for(const WaitingRequest& request) const;
    void count(const WaitingRequest& request);
    void uncount(const WaitingRequest& request);
    void make_ready(RequestList early);

    const Settings& settings_;
    Stats& stats_;
    AorTable& aors_;
    SubscriptionStore& subscriptions_;
    EarlySubscribes early_;
    std::deque<Ready> ready_;
    std::size_t size_ = 0;           ///< in all: behind a change, early and ready
    std::size_t message_bytes_ = 0;  ///< of their messages
};

}  // namespace reginfo
