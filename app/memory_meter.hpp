/// @file
/// What the process holds besides what is counted.
#pragma once

#include <cstdint>

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

}  // namespace reginfo
