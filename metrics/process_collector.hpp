/// @file
/// The kernel's figures for this process, under the names that all Prometheus clients use.
#pragma once

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <vector>

namespace reginfo::metrics {

/// Reads /proc/self at the scrape. What cannot be read is left out.
class ProcessCollector final : public prometheus::Collectable {
public:
    std::vector<prometheus::MetricFamily> Collect() const override;
};

}  // namespace reginfo::metrics
