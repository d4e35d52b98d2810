/// @file
/// How much memory the process has taken, told to the engine as far as it cannot know.
#pragma once

#include "app/memory_meter.hpp"
#include "core/base/time.hpp"
#include "core/engine.hpp"

#include <cstdint>
#include <functional>
#include <optional>

namespace reginfo {

/// Looks at the process's memory once a second while something happens, and more often while what
/// is counted grows fast.
class MemoryWatch {
public:
    /// Both are called at the end of turns.
    struct Access {
        std::function<Engine&()> engine;
        std::function<std::uint64_t()> queued;  ///< bytes that others count: unsent, half received
    };

    explicit MemoryWatch(Access access) : access_(std::move(access)) {}

    void turn_ended(TimePoint now);

private:
    bool is_due(TimePoint now) const;
    void look(TimePoint now);

    Access access_;
    MemoryMeter meter_;
    std::optional<TimePoint> looked_;
    std::uint64_t seen_ = 0;  ///< what was counted then
    std::optional<TimePoint> trimmed_;
};

}  // namespace reginfo
