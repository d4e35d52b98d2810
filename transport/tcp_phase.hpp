/// @file
/// How far a TCP connection is, and what may follow.
#pragma once

#include <cstdint>

namespace reginfo {

enum class TcpPhase : std::uint8_t {
    connecting,
    open,
    half_closed,  ///< the peer sends no more, and may wait for answers
    closing,      ///< nothing new is queued; what the peer sends is thrown away until it ends
    last_write,   ///< nothing new is queued, and the peer sends no more: over when all is sent
};

/// Whether a connection may go from one phase to the other. From each it may end.
bool may_follow(TcpPhase from, TcpPhase to);

}  // namespace reginfo
