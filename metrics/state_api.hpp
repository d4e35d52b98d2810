/// @file
/// /api/v1: what the core knows, as JSON.
#pragma once

#include "metrics/core_access.hpp"
#include "metrics/router.hpp"

#include <string>

namespace reginfo::metrics {

/// Registrations, publications, subscriptions and summary; reads only.
void add_state_routes(Router& router, const CoreAccess& core, const std::string& version);

}  // namespace reginfo::metrics
