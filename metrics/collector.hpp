/// @file
/// What the core counts, as metrics; read at the scrape.
#pragma once

#include "core/stats.hpp"

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <functional>
#include <string>
#include <vector>

namespace reginfo::metrics {

/// Reads Stats at the scrape, on the reactor's thread, which serves /metrics.
class CoreCollector final : public prometheus::Collectable {
public:
    /// @param stats  called at each scrape
    CoreCollector(std::function<const Stats&()> stats, std::string version);

    std::vector<prometheus::MetricFamily> Collect() const override;

private:
    std::function<const Stats&()> stats_;
    std::string version_;
};

}  // namespace reginfo::metrics
