/// @file
/// Numbers to metric families: the form in which a table of series is written.
#pragma once

#include "core/base/histogram.hpp"

#include <prometheus/metric_family.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace reginfo::metrics {

/// One time series over a struct of numbers. Those of one family stand together in their table.
///
/// A name that ends in _total is a counter, any other a gauge; units are base units. A label has a
/// small, fixed set of values: never an AOR, a Call-ID or a peer.
template <class Numbers>
struct Series {
    const char* name;
    const char* help;
    const char* label;  ///< nullptr for none
    const char* label_value;
    std::uint64_t Numbers::* value;
};

/// Collects samples into families.
class Families {
public:
    struct Label {
        std::string_view name;
        std::string_view value;
    };

    /// Appends a sample, to the last family if that has this name.
    void add(
        std::string_view name,
        std::string_view help,
        double value,
        std::span<const Label> labels = {}
    );

    void add(
        std::string_view name,
        std::string_view help,
        std::uint64_t value,
        std::span<const Label> labels = {}
    ) {
        add(name, help, static_cast<double>(value), labels);
    }

    /// In seconds, by the name's unit.
    void add(
        std::string_view name,
        std::string_view help,
        const Histogram& histogram,
        std::span<const Label> labels = {}
    );

    template <class Numbers>
    void add(std::span<const Series<Numbers>> table, const Numbers& numbers) {
        for (const Series<Numbers>& series : table) {
            if (series.label == nullptr) {
                add(series.name, series.help, numbers.*series.value);
            } else {
                const Label label{series.label, series.label_value};
                add(series.name, series.help, numbers.*series.value, {&label, 1});
            }
        }
    }

    std::vector<prometheus::MetricFamily> take() { return std::move(families_); }

private:
    prometheus::ClientMetric& sample(
        std::string_view name,
        std::string_view help,
        prometheus::MetricType type,
        std::span<const Label> labels
    );

    std::vector<prometheus::MetricFamily> families_;
};

}  // namespace reginfo::metrics
