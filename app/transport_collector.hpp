/// @file
/// What the transport counts, as metrics. Here, as metrics/ does not know the transport.
#pragma once

#include "transport/transport_stats.hpp"

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <functional>
#include <vector>

namespace reginfo {

/// Reads TransportStats at the scrape, on the reactor's thread.
class TransportCollector final : public prometheus::Collectable {
public:
    /// @param stats  called at each scrape
    explicit TransportCollector(std::function<const TransportStats&()> stats);

    std::vector<prometheus::MetricFamily> Collect() const override;

private:
    std::function<const TransportStats&()> stats_;
};

}  // namespace reginfo
