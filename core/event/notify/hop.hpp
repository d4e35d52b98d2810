/// @file
/// Next hops as keys: where a NOTIFY goes, by whichever of our sockets.
#pragma once

#include "core/outbox.hpp"

#include <cstddef>
#include <cstdint>

namespace reginfo {

inline Flow hop_of(Flow flow) {
    flow.listener = 0;
    return flow;
}

/// Under a key, since watchers choose where they are told: without one, they could choose hops that
/// collide.
struct HopHash {
    std::uint64_t key = 0;
    std::size_t operator()(const Flow& hop) const;
};

}  // namespace reginfo
