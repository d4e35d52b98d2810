/// @file
/// The figures of the state of an AOR.
#pragma once

#include "core/event/state/aor_state.hpp"

#include <cstddef>
#include <cstdint>

namespace reginfo {

/// The figures of a state that are needed all the time: they can be read without opening it.
struct StateSummary {
    StateSummary() = default;
    explicit StateSummary(const AorState& state, std::size_t bytes = 0);

    Revision revision = 0;
    Revision own_changed = 0;
    std::uint32_t publications = 0;
    std::uint32_t contacts_active = 0;
    std::uint32_t contacts_ended = 0;
    bool was_published : 1 = false;
    bool has_members : 1 = false;
    /// Something ended that `contacts_ended` does not count: a former URI of a contact, a contact
    /// of a member, or a member.
    bool others_ended : 1 = false;
    /// The open state takes less than two to the power of this in bytes.
    std::uint8_t size_class = 0;

    RegistrationState state() const;
};

}  // namespace reginfo
