/// @file
/// The only place that reads a clock for the core.
#pragma once

#include "core/base/time.hpp"

#include <time.h>

#include <chrono>

namespace reginfo {

using SteadyClock = std::chrono::steady_clock;

inline TimePoint to_core(SteadyClock::time_point time) {
    return TimePoint(std::chrono::duration_cast<Duration>(time.time_since_epoch()));
}

inline SteadyClock::time_point to_steady(TimePoint time) {
    return SteadyClock::time_point(time.time_since_epoch());
}

inline TimePoint steady_now() { return to_core(SteadyClock::now()); }

/// A clock that counts while the machine sleeps, for what others measure too: a lease.
inline TimePoint boot_now() {
    timespec time{};
    clock_gettime(CLOCK_BOOTTIME, &time);
    return TimePoint(std::chrono::duration_cast<Duration>(
        std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec}
    ));
}

}  // namespace reginfo
