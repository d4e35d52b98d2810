#include "metrics/families.hpp"

#include <prometheus/client_metric.h>
#include <prometheus/metric_type.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>

namespace reginfo::metrics {

prometheus::ClientMetric& Families::sample(
    std::string_view name,
    std::string_view help,
    prometheus::MetricType type,
    std::span<const Label> labels
) {
    if (families_.empty() || families_.back().name != name) {
        prometheus::MetricFamily& family = families_.emplace_back();
        family.name = name;
        family.help = help;
        family.type = type;
    }
    prometheus::ClientMetric& metric = families_.back().metric.emplace_back();
    for (const Label& label : labels) {
        metric.label.push_back({std::string(label.name), std::string(label.value)});
    }
    return metric;
}

void Families::add(
    std::string_view name,
    std::string_view help,
    double value,
    std::span<const Label> labels
) {
    if (name.ends_with("_total")) {
        sample(name, help, prometheus::MetricType::Counter, labels).counter.value = value;
    } else {
        sample(name, help, prometheus::MetricType::Gauge, labels).gauge.value = value;
    }
}

void Families::add(
    std::string_view name,
    std::string_view help,
    const Histogram& histogram,
    std::span<const Label> labels
) {
    constexpr double second = 1e6;  // in microseconds; divided by, so that 100 prints as 0.0001
    prometheus::ClientMetric& metric =
        sample(name, help, prometheus::MetricType::Histogram, labels);
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < histogram.buckets.size(); ++i) {
        count += histogram.buckets[i];
        const bool last = i == Histogram::kBounds.size();
        prometheus::ClientMetric::Bucket bucket;
        bucket.cumulative_count = count;
        bucket.upper_bound = last ? std::numeric_limits<double>::infinity()
                                  : static_cast<double>(Histogram::kBounds[i]) / second;
        metric.histogram.bucket.push_back(bucket);
    }
    metric.histogram.sample_count = count;
    metric.histogram.sample_sum = static_cast<double>(histogram.microseconds) / second;
}

}  // namespace reginfo::metrics
