/// @file
/// What the log lost, as a metric.
#pragma once

#include "app/log.hpp"

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <vector>

namespace reginfo {

class LogCollector final : public prometheus::Collectable {
public:
    /// @param log  must outlive this
    explicit LogCollector(const Log& log) : log_(log) {}

    std::vector<prometheus::MetricFamily> Collect() const override;

private:
    const Log& log_;
};

}  // namespace reginfo
