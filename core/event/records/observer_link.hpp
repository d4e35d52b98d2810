/// @file
/// Where an observer is called, if there is one.
#pragma once

#include "core/base/time.hpp"
#include "core/event/records/observer.hpp"

namespace reginfo {

class ObserverLink {
public:
    /// @param observer  null for none, else it must outlive this
    void set(Observer* observer) { observer_ = observer; }

    void registration_changed(TimePoint now, const Aor& aor) const {
        if (observer_) observer_->registration_changed(now, aor);
    }
    void subscription_changed(
        TimePoint now,
        const Subscription& subscription,
        SubscriptionEvent event
    ) const {
        if (observer_) observer_->subscription_changed(now, subscription, event);
    }

private:
    Observer* observer_ = nullptr;
};

}  // namespace reginfo
