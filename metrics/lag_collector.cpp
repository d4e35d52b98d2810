#include "metrics/lag_collector.hpp"

#include "metrics/families.hpp"

#include <boost/asio/post.hpp>

#include <chrono>

namespace reginfo::metrics {

std::vector<prometheus::MetricFamily> LagCollector::Collect() const {
    Families families;
    families.add(
        "reginfod_reactor_lag_seconds",
        "Time that a handler waited for the reactor; one sample per scrape.",
        *lag_
    );
    const auto posted = std::chrono::steady_clock::now();
    boost::asio::post(io_, [lag = lag_, posted] {
        const auto waited = std::chrono::steady_clock::now() - posted;
        lag->observe(std::chrono::duration_cast<Duration>(waited));
    });
    return families.take();
}

}  // namespace reginfo::metrics
