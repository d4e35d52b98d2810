#include "metrics/families.hpp"

#include <prometheus/client_metric.h>
#include <prometheus/metric_type.h>

#include <utility>

namespace reginfo::metrics {

void Families::add(
    std::string_view name,
    std::string_view help,
    double value,
    std::span<const Label> labels
) {
    const bool is_counter = name.ends_with("_total");
    if (families_.empty() || families_.back().name != name) {
        prometheus::MetricFamily family;
        family.name = name;
        family.help = help;
        family.type = is_counter ? prometheus::MetricType::Counter : prometheus::MetricType::Gauge;
        families_.push_back(std::move(family));
    }

    prometheus::ClientMetric metric;
    for (const Label& label : labels) {
        metric.label.push_back({std::string(label.name), std::string(label.value)});
    }
    (is_counter ? metric.counter.value : metric.gauge.value) = value;
    families_.back().metric.push_back(std::move(metric));
}

}  // namespace reginfo::metrics
