/// @file
/// Durations counted in buckets, for a Prometheus histogram.
#pragma once

#include "core/base/time.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace reginfo {

/// Counts each duration in the bucket of the smallest bound that is not below it. The last bucket
/// has the durations above all bounds.
struct Histogram {
    static constexpr std::array<std::int64_t, 18> kBounds{
        100,
        250,
        500,
        1'000,
        2'500,
        5'000,
        10'000,
        25'000,
        50'000,
        100'000,
        250'000,
        500'000,
        1'000'000,
        2'500'000,
        5'000'000,
        10'000'000,
        30'000'000,
        60'000'000,
    };  ///< in microseconds

    std::array<std::uint64_t, kBounds.size() + 1> buckets{};  ///< not cumulative
    std::uint64_t microseconds = 0;                           ///< the sum

    void observe(Duration duration) {
        const std::int64_t value = std::max<std::int64_t>(duration.count(), 0);
        const auto bucket = std::lower_bound(kBounds.begin(), kBounds.end(), value);
        ++buckets[static_cast<std::size_t>(bucket - kBounds.begin())];
        microseconds += static_cast<std::uint64_t>(value);
    }
};

}  // namespace reginfo
