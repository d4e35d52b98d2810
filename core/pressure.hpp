/// @file
/// Overload, and what is shed then.
#pragma once

#include <cstdint>

namespace reginfo {

/// How far the reactor is behind its sockets.
enum class Pressure : std::uint8_t {
    none,
    high,     ///< new subscriptions are refused: watchers try again
    extreme,  ///< new publications are not answered either: over UDP they are retransmitted, and
              ///< TCP is not read. A refusal would lose them (RULES.md, "Kamailio as publisher")
};

}  // namespace reginfo
