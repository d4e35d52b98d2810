#include "transport/tcp_phase.hpp"

namespace reginfo {

bool may_follow(TcpPhase from, TcpPhase to) {
    switch (from) {
        case TcpPhase::connecting:
            return to == TcpPhase::open;
        case TcpPhase::open:
            return to == TcpPhase::half_closed || to == TcpPhase::closing;
        case TcpPhase::half_closed:
        case TcpPhase::closing:
            return to == TcpPhase::last_write;
        case TcpPhase::last_write:
            return false;
    }
    return false;
}

}  // namespace reginfo
