/// @file
/// The resources of the side port.
#pragma once

#include "metrics/router.hpp"

#include <prometheus/collectable.h>

#include <functional>
#include <string>
#include <vector>

namespace reginfo::metrics {

/// What the resources read. The collectables must outlive the router.
struct RouteSources {
    std::vector<const prometheus::Collectable*> collectables;
    std::function<bool()> is_ready;  ///< every listener is bound, and we are not stopping
    std::string version;
};

/// GET and HEAD of /metrics, /healthz, /readyz and /.
Router make_routes(RouteSources sources);

}  // namespace reginfo::metrics
