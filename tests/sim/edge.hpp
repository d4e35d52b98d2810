/// @file
/// A proxy that is the next hop of several watchers: its rate and its delay.
#pragma once

#include "core/base/time.hpp"
#include "tests/sim/commands.hpp"

#include <optional>

namespace reginfo::sim {

class Edge {
public:
    explicit Edge(EdgeManner manner) : manner_(manner) {}

    bool exists() const { return manner_ != EdgeManner::none; }
    /// When a request that arrives now is forwarded; nothing if it is dropped.
    std::optional<TimePoint> pass(TimePoint now);
    void heal() {
        if (exists()) manner_ = EdgeManner::good;
    }

private:
    EdgeManner manner_;
    TimePoint free_at_;  ///< when all it has is forwarded
};

}  // namespace reginfo::sim
