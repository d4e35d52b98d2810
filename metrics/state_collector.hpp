/// @file
/// What the core knows and does not count: ages, windows and memory.
#pragma once

#include "metrics/core_access.hpp"

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

namespace reginfo::metrics {

/// How much is held for something.
struct HeldBytes {
    std::string_view kind;  ///< a fixed text
    std::uint64_t bytes = 0;
};

/// Reads Inspection at the scrape; no table is walked.
class StateCollector final : public prometheus::Collectable {
public:
    /// @param more  adds what others hold
    explicit StateCollector(
        CoreAccess core,
        std::function<void(std::vector<HeldBytes>&)> more = nullptr
    )
        : core_(std::move(core)), more_(std::move(more)) {}

    std::vector<prometheus::MetricFamily> Collect() const override;

private:
    CoreAccess core_;
    std::function<void(std::vector<HeldBytes>&)> more_;
};

}  // namespace reginfo::metrics
