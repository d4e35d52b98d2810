/// @file
/// The changes to one AOR and to the other registrations of its implicit registration set
/// (RULES.md, "The state is a merge", "Every end is notified", "A contact has its own clock").
#pragma once

#include "core/base/hash.hpp"
#include "core/base/hex.hpp"
#include "core/base/time.hpp"
#include "core/event/state/aor_state.hpp"
#include "core/event/state/merge_report.hpp"
#include "core/event/state/registration_merge.hpp"

#include <cstddef>
#include <string_view>

namespace reginfo {

/// One call is one change of `state`. Its own registration and those of its members are each merged
/// alone; a visible change of any takes one revision for all.
///
/// Cost: O(n log n) in the words of the AOR.
class Merge {
public:
    /// @param aor    canonical; must outlive this
    /// @param state  must outlive this
    /// @param grace  added to each contact's own time (RULES.md, "A contact has its own clock")
    Merge(std::string_view aor, AorState& state, Duration grace)
        : aor_(aor), state_(state), grace_(grace), own_(aor, state, grace) {}

    /// A new body for the publication `current`, or for a new one if that is 0. The registrations
    /// of other AORs in it become words on the members of the implicit registration set.
    ///
    /// @param own  the registration of this AOR in the document
    /// @pre `current` is 0 or names a publication of the state
    MergeReport publish(
        TimePoint now,
        EntityTag current,
        EntityTag next,
        TimePoint deadline,
        const Document& document,
        const Registration& own
    );

    /// A refresh without a body. @pre `current` names a publication of the state
    void refresh(EntityTag current, EntityTag next, TimePoint deadline);

    /// A removal: its active words are withdrawn. @pre as above
    MergeReport remove(EntityTag current);

    /// Ends a contact by order of an operator, in every publication that lists it as active.
    MergeReport end_contact(const Hash128& id, ContactEvent event);

    /// Ends the contacts and publications whose time is over.
    MergeReport expire(TimePoint now);

    /// Forgets ended contacts, and former URIs of contacts: those from revision `acknowledged` or
    /// before, which every watcher has; and of the others the oldest beyond `keep` of each kind.
    /// Returns the number of the latter.
    std::size_t forget_ended(Revision acknowledged, std::size_t keep);

private:
    MergeReport publish_members(const Document& document, const Listing& own);
    template <class Change>
    MergeReport change_members(Change change);
    MergeReport joined(MergeReport own, const MergeReport& members);

    std::string_view aor_;
    AorState& state_;
    Duration grace_;
    RegistrationMerge own_;
};

}  // namespace reginfo
