/// @file
/// The values of RFC 3680 §5 as text.

#include "core/reginfo/document.hpp"

#include <cassert>

namespace reginfo {

std::string_view text_of(ContactEvent event) {
    switch (event) {
        case ContactEvent::registered:
            return "registered";
        case ContactEvent::created:
            return "created";
        case ContactEvent::refreshed:
            return "refreshed";
        case ContactEvent::shortened:
            return "shortened";
        case ContactEvent::expired:
            return "expired";
        case ContactEvent::deactivated:
            return "deactivated";
        case ContactEvent::probation:
            return "probation";
        case ContactEvent::unregistered:
            return "unregistered";
        case ContactEvent::rejected:
            return "rejected";
        case ContactEvent::terminated:
            return "terminated";
    }
    assert(false);
    return {};
}

std::string_view text_of(RegistrationState state) {
    switch (state) {
        case RegistrationState::init:
            return "init";
        case RegistrationState::active:
            return "active";
        case RegistrationState::terminated:
            return "terminated";
    }
    assert(false);
    return {};
}

}  // namespace reginfo
