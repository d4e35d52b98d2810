/// @file
/// The time that records are stamped with: UTC that never goes back.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace reginfo {

/// Milliseconds since 1970, UTC.
using Stamp = std::int64_t;

/// Goes at least as fast as the steady clock from the latest stamp that is known, also one of an
/// earlier process, and follows the wall clock where that is ahead. So a wall clock that was
/// stepped back makes no record younger than it is.
class StampClock {
public:
    using Wall = std::chrono::system_clock::time_point;
    using Steady = std::chrono::steady_clock::time_point;

    /// Nothing was stamped later than this before.
    void start(Stamp latest, Steady steady) { advance(latest, steady); }

    Stamp read(Wall wall, Steady steady) {
        const Stamp utc =
            std::chrono::floor<std::chrono::milliseconds>(wall.time_since_epoch()).count();
        const auto passed = std::chrono::floor<std::chrono::milliseconds>(steady - at_);
        const Stamp now = std::max(utc, latest_ + passed.count());
        if (now > latest_) advance(now, steady);
        return latest_;
    }

    Stamp read() {
        return read(std::chrono::system_clock::now(), std::chrono::steady_clock::now());
    }

private:
    void advance(Stamp latest, Steady steady) {
        latest_ = latest;
        at_ = steady;
    }

    Stamp latest_ = 0;
    Steady at_{};
};

}  // namespace reginfo
