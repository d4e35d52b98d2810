/// @file
/// How long NOTIFYs have waited for a window, without visiting those that wait.
#pragma once

#include "core/base/time.hpp"

#include <algorithm>
#include <cstdint>
#include <deque>

namespace reginfo {

/// Counts what entered a queue by when it did, to a sixteenth of a second.
///
/// Complexity: entering is O(1), leaving is O(log t) in the ticks from the oldest entry on.
class QueueAges {
public:
    using Tick = std::uint32_t;

    /// Returns what left() needs.
    Tick entered(TimePoint now) {
        const Tick tick = tick_of(now);
        if (counts_.empty() || counts_.back().tick != tick) counts_.push_back({tick, 0});
        ++counts_.back().count;
        return tick;
    }

    void left(Tick tick) {
        const auto at =
            std::lower_bound(counts_.begin(), counts_.end(), tick, [](const Entered& e, Tick t) {
                return e.tick < t;
            });
        --at->count;
        while (!counts_.empty() && counts_.front().count == 0) counts_.pop_front();
    }

    /// How long the oldest has waited; zero if none waits.
    Duration oldest(TimePoint now) const {
        if (counts_.empty()) return Duration{0};
        return kTick * static_cast<std::int64_t>(tick_of(now) - counts_.front().tick);
    }

private:
    struct Entered {
        Tick tick;
        std::uint32_t count;
    };
    static constexpr Duration kTick{62'500};

    static Tick tick_of(TimePoint now) { return static_cast<Tick>(now.time_since_epoch() / kTick); }

    std::deque<Entered> counts_;
};

}  // namespace reginfo
