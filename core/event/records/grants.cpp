#include "core/event/records/grants.hpp"

#include <algorithm>
#include <chrono>
#include <memory>

namespace reginfo {

void set_rates(
    const Settings& settings,
    TimePoint now,
    Subscription& subscription,
    const Rates& wanted
) {
    const Rates rates = granted(
        wanted,
        {
            .max_rate_interval = settings.notify.max_rate_interval,
            .min_rate_interval =
                std::max(settings.notify.min_rate_interval, settings.notify.min_interval),
            .expires =
                std::max(std::chrono::floor<Seconds>(subscription.deadline - now), Seconds{1}),
        }
    );
    const RateControl* const before = subscription.rates();
    if ((before ? before->rates() : Rates{}) == rates) return;
    const TimePoint last = before ? before->last_sent() : now;
    subscription.set_extras().rates =
        rates.any() ? std::make_unique<RateControl>(rates, last) : nullptr;
}

}  // namespace reginfo
