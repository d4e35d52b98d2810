/// @file
/// Subscriptions follow their identity from one implicit registration set to another (TS 24.229
/// §5.4.2.1.1).
#pragma once

#include "core/base/slot_table.hpp"
#include "core/base/time.hpp"
#include "core/event/notify/notify_scheduler.hpp"
#include "core/event/records/records.hpp"
#include "core/event/records/waiting_requests.hpp"
#include "core/outbox.hpp"

#include <cstddef>
#include <deque>
#include <optional>
#include <string>

namespace reginfo {

/// An AOR by name, which need not be known.
struct AorPlace {
    std::string name;
    Aor* aor = nullptr;
};

/// A subscription to an identity gets the state of the set that lists it. Where the identity is
/// registered no more in that set, and is in another one, the subscription moves there.
class IdentityMoves {
public:
    /// All of it must outlive this.
    IdentityMoves(Records& records, WaitingRequests& waiting, NotifyScheduler& scheduler)
        : records_(records), waiting_(waiting), scheduler_(scheduler) {}

    /// Where another subscription of the same dialog finds the dialog's identity; nothing if the
    /// profile needs it registered and it is not.
    std::optional<AorPlace> place_of(const Subscription& like, Profile profile);

    /// Some of what the AOR's set lists may be registered now that was not: subscriptions to it may
    /// have to move here, and SUBSCRIBEs that waited for it are ready.
    void registered(const Aor& aor);

    /// run() looks whether the subscription has to move.
    void look_at(Subscription& subscription);

    /// Moves the subscription if it has to, and then sends it a NOTIFY: it may be gone afterwards.
    /// One whose refresh is being stored is looked at after that. Returns whether it has moved.
    bool follow(TimePoint now, Subscription& subscription, Outbox& outbox);

    /// Looks at no more than `count` of those that may have to move. Returns whether there are
    /// more.
    bool run(TimePoint now, std::size_t count, Outbox& outbox);

private:
    void move(TimePoint now, Subscription& subscription, Aor& to, Outbox& outbox);

    Records& records_;
    WaitingRequests& waiting_;
    NotifyScheduler& scheduler_;
    std::deque<Slot> may_move_;  ///< subscriptions
};

}  // namespace reginfo
