/// @file
/// What the side port gets of the running server.
#pragma once

#include "core/base/time.hpp"
#include "core/event/operation/operator_action.hpp"
#include "core/event/records/observer.hpp"
#include "core/inspection.hpp"
#include "core/stats.hpp"

#include <functional>
#include <string>

namespace reginfo::metrics {

/// The running server, as far as the side port may see it. Each function is called on the
/// reactor's thread, outside of the engine's turns.
struct CoreAccess {
    std::function<const Stats&()> stats;
    std::function<const Inspection&()> inspection;
    std::function<TimePoint()> now;
    std::function<ActionOutcome(const OperatorAction&)> act;
    std::function<void(Observer*)> observe;  ///< Engine::observe
    std::function<void(std::string)> log;    ///< who asked for which action
    std::function<void(std::string)> warn;   ///< who did so with a wrong token
    std::function<void()> drain;             ///< gets ready to be stopped, and stays
};

}  // namespace reginfo::metrics
