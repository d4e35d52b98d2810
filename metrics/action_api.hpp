/// @file
/// /api/v1: what changes something, and the dump.
#pragma once

#include "metrics/core_access.hpp"
#include "metrics/router.hpp"

#include <functional>
#include <string>

namespace reginfo::metrics {

/// Notify again, end, drop, trace, drain, dump: each only with the token in Authorization
/// (RFC 6750). While that is empty none is served.
void add_action_routes(Router& router, const CoreAccess& core, std::function<std::string()> token);

}  // namespace reginfo::metrics
