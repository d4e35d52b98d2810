/// @file
/// Time as the core sees it: a monotonic clock that the core cannot read.
///
/// There is no `now` function here, on purpose. Time enters the core with each input ("it is now
/// t"), so a test can run an hour in a microsecond and any run can be repeated exactly. Only the
/// driver reads std::chrono::steady_clock, once a reactor turn (transport/steady_time.hpp).
#pragma once

#include <chrono>
#include <cstdint>

namespace reginfo {

using Duration = std::chrono::microseconds;  ///< of timers and latencies
/// Of Expires headers: 0 to 2^32 - 1 (RFC 3261 §20.19), in 64 bits.
using Seconds = std::chrono::duration<std::int64_t>;

/// A Clock without now(): it only names a time_point.
struct CoreClock {
    using duration = Duration;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<CoreClock>;
    static constexpr bool is_steady = true;
};

using TimePoint = CoreClock::time_point;

/// For people and metrics.
constexpr double seconds_of(Duration duration) {
    return std::chrono::duration<double>(duration).count();
}

}  // namespace reginfo
