/// @file
/// How long a handler waits until the reactor gets to it.
#pragma once

#include "core/base/histogram.hpp"

#include <boost/asio/io_context.hpp>
#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <memory>
#include <vector>

namespace reginfo::metrics {

/// Each scrape posts one handler and measures when it runs; the next scrape tells. So it costs
/// nothing while nobody asks.
class LagCollector final : public prometheus::Collectable {
public:
    explicit LagCollector(boost::asio::io_context& io)
        : io_(io), lag_(std::make_shared<Histogram>()) {}

    std::vector<prometheus::MetricFamily> Collect() const override;

private:
    boost::asio::io_context& io_;
    std::shared_ptr<Histogram> lag_;  ///< also the posted handler's, which may outlive us
};

}  // namespace reginfo::metrics
