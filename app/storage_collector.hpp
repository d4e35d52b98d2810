/// @file
/// What the store counts, as metrics. Here, as metrics/ does not know the stores.
#pragma once

#include "core/storage/store.hpp"

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <functional>
#include <vector>

namespace reginfo {

/// Reads StoreStats at the scrape, on the reactor's thread.
class StorageCollector final : public prometheus::Collectable {
public:
    /// @param stats  called at each scrape
    explicit StorageCollector(std::function<StoreStats()> stats) : stats_(std::move(stats)) {}

    std::vector<prometheus::MetricFamily> Collect() const override;

private:
    std::function<StoreStats()> stats_;
};

}  // namespace reginfo
