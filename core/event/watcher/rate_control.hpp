/// @file
/// Notification rates (RFC 6446).
#pragma once

#include "core/base/time.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace reginfo {

/// Notifications in 10^-10 per second, the resolution of the grammar (RFC 6446 §9.2); 0 for none.
using Rate = std::uint64_t;

/// The time from one notification to the next, rounded up. @pre `rate` is not 0
Duration interval_of(Rate rate);
/// The lowest rate whose interval is not longer. @pre `interval` is positive
Rate rate_of(Duration interval);

/// The rates of one subscription.
struct Rates {
    Rate max = 0;           ///< §4: the upper bound
    Rate min = 0;           ///< §5: the lower bound
    Rate adaptive_min = 0;  ///< §6: the lower bound of the average

    bool any() const { return max != 0 || min != 0 || adaptive_min != 0; }

    friend bool operator==(const Rates&, const Rates&) = default;
};

/// Reads the rates from the parameters of an Event header, the text behind the first ';'. A rate
/// that is malformed, zero or repeated counts as absent: the subscriber sees that in the NOTIFYs
/// (§4.2), and keeps its subscription.
Rates rates_of(std::string_view event_params);

/// Bounds for granted rates.
struct RateLimits {
    Duration max_rate_interval;  ///< the longest interval by max-rate
    Duration min_rate_interval;  ///< the shortest interval by the other two
    Seconds expires{0};          ///< of the subscription
};

/// The granted rates (§4.3, §5.3, §7).
Rates granted(Rates wanted, const RateLimits& limits);

/// Appends ";max-rate=0.1;min-rate=0.02"; nothing for rates that are absent.
void append_rates(std::string& out, const Rates& rates);

/// When a NOTIFY of one subscription may leave, and when one must, by its rates.
///
/// The period of §6.4 is 8 times the interval of adaptive-min-rate, counted in eighths.
class RateControl {
public:
    /// @param last_sent  the time of the last NOTIFY, or of the start of the subscription
    RateControl(const Rates& rates, TimePoint last_sent);

    const Rates& rates() const { return rates_; }
    TimePoint last_sent() const { return last_sent_; }

    /// The earliest time of a NOTIFY, unless a SUBSCRIBE causes it or it terminates.
    TimePoint earliest() const;

    /// The time of a NOTIFY even without a change; nothing without min-rate and adaptive-min-rate.
    std::optional<TimePoint> wake_at() const;

    /// A NOTIFY leaves, not a retransmission.
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
