/// @file
/// What a node on Redis counts, as metrics.
#pragma once

#include "app/redis_storage.hpp"

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <functional>
#include <utility>
#include <vector>

namespace reginfo {

/// Read at the scrape, on the reactor's thread.
class ClusterCollector final : public prometheus::Collectable {
public:
    /// @param storage  called at each scrape; nullptr: there is no cluster, and no metric
    explicit ClusterCollector(std::function<const RedisStorage*()> storage)
        : storage_(std::move(storage)) {}

    std::vector<prometheus::MetricFamily> Collect() const override;

private:
    std::function<const RedisStorage*()> storage_;
};

}  // namespace reginfo
