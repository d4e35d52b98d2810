#include "app/log_collector.hpp"

#include "metrics/families.hpp"

namespace reginfo {

std::vector<prometheus::MetricFamily> LogCollector::Collect() const {
    metrics::Families families;
    families.add(
        "reginfod_log_lines_lost_total",
        "Lines of the log that were dropped: nobody read in time, or the write failed.",
        log_.lines_lost()
    );
    return families.take();
}

}  // namespace reginfo
