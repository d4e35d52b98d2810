/// @file
/// The notification rates that a watcher asks for (RFC 6446).
#pragma once

#include "core/base/time.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace reginfo {

/// Notifications in 10^-10 per second, which is what the grammar can say (RFC 6446 §9.2); 0 is
/// none.
using Rate = std::uint64_t;

/// The time from one notification to the next, rounded up. @pre `rate` is not 0
Duration interval_of(Rate rate);
/// The lowest rate whose interval is not longer. @pre `interval` is positive
Rate rate_of(Duration interval);

/// What one subscription has of each kind.
struct Rates {
    Rate max = 0;           ///< §4: never more
    Rate min = 0;           ///< §5: never less
    Rate adaptive_min = 0;  ///< §6: not less on the average

    bool any() const { return max != 0 || min != 0 || adaptive_min != 0; }

    friend bool operator==(const Rates&, const Rates&) = default;
};

/// Those in the parameters of an Event header, from behind the first ';'. One that is malformed,
/// zero or given twice is taken as absent: the subscriber sees that from the NOTIFYs (§4.2), and
/// its subscription is not lost for an extension.
Rates rates_of(std::string_view event_params);

/// Between what a notifier grants.
struct RateLimits {
    Duration max_rate_interval;  ///< the longest that max-rate may make of it
    Duration min_rate_interval;  ///< the shortest that the other two may make of it
    Seconds expires{0};          ///< of the subscription
};

/// What of the wish is granted (§4.3, §5.3, §7).
Rates granted(Rates wanted, const RateLimits& limits);

/// ";max-rate=0.1;min-rate=0.02", as far as there is any.
void append_rates(std::string& out, const Rates& rates);

/// When one subscription's NOTIFYs may leave, and when one must, by its rates.
///
/// The period of §6.4 is 8 times the interval of adaptive-min-rate, counted in eighths.
class RateControl {
public:
    /// @param last_sent  when a NOTIFY left last, or the subscription began
    RateControl(const Rates& rates, TimePoint last_sent);

    const Rates& rates() const { return rates_; }
    TimePoint last_sent() const { return last_sent_; }

    /// No NOTIFY before this, but for those due to a SUBSCRIBE and the last one.
    TimePoint earliest() const;

    /// A NOTIFY even without news; nothing if there is neither min-rate nor adaptive-min-rate.
    std::optional<TimePoint> wake_at() const;

    /// A NOTIFY leaves; retransmissions do not count.
    void sent(TimePoint now);

private:
    static constexpr std::size_t kSlots = 8;

    void forget_old(TimePoint now);
    Duration adaptive_timeout() const;

    Rates rates_;
    TimePoint last_sent_;
    TimePoint slot_began_;
    std::size_t slot_ = 0;
    std::array<std::uint32_t, kSlots> counts_;  ///< NOTIFYs in each eighth of the period
};

}  // namespace reginfo
