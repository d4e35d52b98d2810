/// @file
/// What an operator may ask for, besides what SIP brings (Engine::handle_action).
#pragma once

#include "core/base/time.hpp"
#include "core/event/watcher/termination_reason.hpp"
#include "core/reginfo/document.hpp"

#include <cstdint>
#include <string>
#include <variant>

namespace reginfo {

/// Send every watcher of an AOR a NOTIFY, whether it knows the state or not.
struct NotifyAgain {
    std::string aor;  ///< any URI that names it
};

/// End a subscription from our side (RFC 6665 §4.4.1).
struct EndSubscription {
    std::string id;  ///< as Inspection names it
    TerminationReason reason = TerminationReason::deactivated;
    Seconds retry_after{0};  ///< with probation
};

/// Remove a publication, as if its publisher had.
struct DropPublication {
    std::string aor;
    std::string entity_tag;
};

/// End a contact, until its publisher publishes a body that lists it again.
struct EndContact {
    std::string aor;
    std::string id;  ///< as documents name it
    ContactEvent event = ContactEvent::deactivated;
};

/// Tell the log the way of each PUBLISH of an AOR, for some time (core/event/records/tracer.hpp).
struct TraceAor {
    std::string aor;  ///< any URI that names it; nothing need be known of it yet
    Seconds time{0};  ///< 0: no more
};

using OperatorAction =
    std::variant<NotifyAgain, EndSubscription, DropPublication, EndContact, TraceAor>;

enum class ActionOutcome : std::uint8_t {
    done,       ///< in force, or being stored
    not_found,  ///< there is no such thing, or it is over
    busy,       ///< a change of it is being stored: try again
    too_many,   ///< there is no room for another one
    stopping,   ///< nothing is done any more: the server ends
};

}  // namespace reginfo
