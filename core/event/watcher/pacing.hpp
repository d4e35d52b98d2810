/// @file
/// The pace of NOTIFYs to one watcher.
#pragma once

#include "core/base/time.hpp"

#include <cstdint>

namespace reginfo {

/// Allows `burst` NOTIFYs at once, and then one each interval (RULES.md, "Pacing per
/// subscription").
class TokenBucket {
public:
    /// When the next NOTIFY may leave; `now` if at once.
    TimePoint ready_at(TimePoint now, std::uint32_t burst, Duration interval) const;
    void take(TimePoint now, std::uint32_t burst, Duration interval);

private:
    /// The bucket is full again at this time (the virtual scheduling form of the leaky bucket).
    TimePoint full_at_;
};

}  // namespace reginfo
