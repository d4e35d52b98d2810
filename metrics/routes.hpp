/// @file
/// The resources of the side port.
#pragma once

#include "metrics/core_access.hpp"
#include "metrics/event_hub.hpp"
#include "metrics/router.hpp"

#include <prometheus/collectable.h>

#include <functional>
#include <string>
#include <vector>

namespace reginfo::metrics {

/// What the resources read. The collectables and the hub must outlive the router.
struct RouteSources {
    std::vector<const prometheus::Collectable*> collectables;
    /// Why no request should be sent here now: a listener is not bound, the store is not open, or
    /// we are stopping. Empty if SIP is served.
    std::function<std::string()> unready_because;
    std::string version;
    CoreAccess core;
    EventHub* events = nullptr;
    std::function<std::string()> token;  ///< of actions; empty: none are served now
};

/// Metrics, health, the state API, the event stream, the page, and openapi.json, which describes
/// them.
Router make_routes(RouteSources sources);

}  // namespace reginfo::metrics
