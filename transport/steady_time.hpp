/// @file
/// The only place that reads a clock for the core.
#pragma once

#include "core/base/time.hpp"

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

}  // namespace reginfo
