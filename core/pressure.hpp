/// @file
/// How far the reactor is behind its sockets, and what is shed then.
#pragma once

#include <cstdint>

namespace reginfo {

/// How far the reactor is behind its sockets.
enum class Pressure : std::uint8_t {
    none,
    high,     ///< new subscriptions are refused: their senders come again
    extreme,  ///< new publications are not answered either: UDP brings them again, and TCP is
              ///< not read; a refusal would lose them (RULES.md, "Kamailio as publisher")
};

}  // namespace reginfo
