/// @file
/// How much memory the process has taken, told to the engine as far as it cannot know.
#pragma once

#include "core/base/time.hpp"
#include "core/engine.hpp"

#include <cstdint>
#include <functional>
#include <optional>

namespace reginfo {

/// Reckons what the process holds besides what is counted.
///
/// Pages do not go back to the system when records end: they are free for the next ones. So the
/// difference counts that there was when as much was counted as ever, and later only what has come
/// on top of it; pages that do go back are taken off what they could hold.
class MemoryMeter {
public:
    /// @param counted   bytes that are counted now
    /// @param resident  bytes of the process that are in memory now
    std::uint64_t uncounted(std::uint64_t counted, std::uint64_t resident);

private:
    std::uint64_t room_ = 0;  ///< what can be counted without another page
    std::uint64_t resident_ = 0;
};

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
