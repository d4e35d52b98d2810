#include "core/event/watcher/termination_reason.hpp"

namespace reginfo {

std::string_view text_of(TerminationReason reason) {
    switch (reason) {
        case TerminationReason::deactivated:
            return "deactivated";
        case TerminationReason::probation:
            return "probation";
        case TerminationReason::rejected:
            return "rejected";
        case TerminationReason::timeout:
            return "timeout";
        case TerminationReason::giveup:
            return "giveup";
        case TerminationReason::noresource:
            return "noresource";
        case TerminationReason::invariant:
            return "invariant";
    }
    return "timeout";
}

}  // namespace reginfo
