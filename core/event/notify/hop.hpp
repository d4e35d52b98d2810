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

/// Under a key: watchers choose their next hops, and without a key could choose some that collide.
struct HopHash {
    std::uint64_t key = 0;
    std::size_t operator()(const Flow& hop) const;
};

}  // namespace reginfo
