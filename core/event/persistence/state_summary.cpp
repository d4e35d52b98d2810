#include "core/event/persistence/state_summary.hpp"

#include <algorithm>
#include <bit>

namespace reginfo {

StateSummary::StateSummary(const AorState& state, std::size_t bytes)
    : revision(state.revision),
      own_changed(state.own_changed),
      publications(static_cast<std::uint32_t>(state.publications.size())),
      was_published(state.was_published),
      has_members(!state.members.empty()),
      others_ended(!state.former_uris.empty()),
      size_class(static_cast<std::uint8_t>(std::bit_width(bytes))) {
    for (const ContactState& contact : state.contacts) {
        ++(contact.active ? contacts_active : contacts_ended);
    }
    for (const auto& [aor, member] : state.members) {
        const auto& contacts = member.contacts;
        const auto has_ended = [](const ContactState& contact) { return !contact.active; };
        others_ended = others_ended || (contacts.empty() && member.publications.empty()) ||
                       std::any_of(contacts.begin(), contacts.end(), has_ended);
    }
}

RegistrationState StateSummary::state() const {
    if (contacts_active > 0) return RegistrationState::active;
    return was_published ? RegistrationState::terminated : RegistrationState::init;
}

}  // namespace reginfo
