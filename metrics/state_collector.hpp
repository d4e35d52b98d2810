/// @file
/// What the core knows and does not count: ages, windows and memory.
#pragma once

#include "metrics/state_api.hpp"

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <vector>

namespace reginfo::metrics {

/// Reads Inspection at the scrape; no table is walked.
class StateCollector final : public prometheus::Collectable {
public:
    explicit StateCollector(CoreAccess core) : core_(std::move(core)) {}

    std::vector<prometheus::MetricFamily> Collect() const override;

private:
    CoreAccess core_;
};

}  // namespace reginfo::metrics
