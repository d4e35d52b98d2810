/// @file
/// What the watcher of a subscription is granted.
#pragma once

#include "core/base/time.hpp"
#include "core/event/records/subscription.hpp"
#include "core/event/watcher/rate_control.hpp"
#include "core/settings.hpp"

namespace reginfo {

/// An active subscription that is not refreshed before is over then.
inline TimePoint lives_until(const Settings& settings, const Subscription& subscription) {
    return subscription.deadline + settings.subscribe_grace;
}

/// The rates that the watcher asks for from now on (RFC 6446), as far as they are granted.
void set_rates(
    const Settings& settings,
    TimePoint now,
    Subscription& subscription,
    const Rates& wanted
);

}  // namespace reginfo
