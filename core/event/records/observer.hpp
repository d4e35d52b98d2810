/// @file
/// Hears of what happens, as it happens.
#pragma once

#include "core/base/time.hpp"

namespace reginfo {

class Aor;
struct Subscription;

/// How far a subscription's life has come.
enum class SubscriptionEvent : unsigned char {
    created,
    refreshed,
    moved,          ///< what it is to is registered in the set of another AOR now
    fetched,        ///< SUBSCRIBE with Expires 0: one NOTIFY and over
    terminating,    ///< its last NOTIFY is to be sent
    notify_failed,  ///< a NOTIFY was not answered with 2xx; Subscription::last_status has the
                    ///< status
    ended,          ///< it is removed after this
};

/// Called in the middle of a turn: may read what it is handed, and must not call the engine.
class Observer {
public:
    virtual ~Observer() = default;

    /// The AOR has a new revision.
    virtual void registration_changed(TimePoint now, const Aor& aor) = 0;
    virtual void subscription_changed(
        TimePoint now,
        const Subscription& subscription,
        SubscriptionEvent event
    ) = 0;
};

}  // namespace reginfo
