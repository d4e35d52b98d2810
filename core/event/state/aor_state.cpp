/// @file

#include "core/event/state/aor_state.hpp"

#include <algorithm>

namespace reginfo {

RegistrationState AorState::state() const {
    if (has_active_contact()) return RegistrationState::active;
    return was_published ? RegistrationState::terminated : RegistrationState::init;
}

bool AorState::has_active_contact() const {
    return std::any_of(contacts.begin(), contacts.end(), [](const ContactState& contact) {
        return contact.active;
    });
}

bool AorState::has_publication(EntityTag tag) const {
    return std::any_of(
        publications.begin(),
        publications.end(),
        [tag](const Publication& publication) { return publication.etag == tag; }
    );
}

std::size_t listed_in(const AorState& state) {
    std::size_t listed = 0;
    for (const Publication& publication : state.publications) listed += publication.words.size();
    for (const SetMember& member : state.members) listed += 1 + listed_in(member.state);
    return listed;
}

std::optional<TimePoint> next_deadline_of(const AorState& state, Duration grace) {
    std::optional<TimePoint> next;
    const auto consider = [&](TimePoint deadline) {
        if (!next || deadline < *next) next = deadline;
    };
    for (const SetMember& member : state.members) {
        if (const auto deadline = next_deadline_of(member.state, grace)) consider(*deadline);
    }
    for (const Publication& publication : state.publications) {
        consider(publication.deadline);
        for (const Word& word : publication.words) {
            if (word.active && word.deadline) consider(*word.deadline + grace);
        }
    }
    return next;
}

}  // namespace reginfo
