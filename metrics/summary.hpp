/// @file
/// The server at a glance: what the page draws.
#pragma once

#include "metrics/core_access.hpp"
#include "metrics/state_json.hpp"

#include <string>

namespace reginfo::metrics {

/// Gauges as they are, counters since the start, histograms with cumulative buckets.
Json summary_of(const CoreAccess& core, const std::string& version);

}  // namespace reginfo::metrics
