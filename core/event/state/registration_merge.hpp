/// @file
/// The changes to one registration: its publications, their words, and what follows for contacts.
#pragma once

#include "core/base/hash.hpp"
#include "core/base/time.hpp"
#include "core/event/state/aor_state.hpp"
#include "core/event/state/contact_fold.hpp"
#include "core/event/state/merge_report.hpp"

#include <cstddef>
#include <string_view>

namespace reginfo {

/// One <registration> in the body of a PUBLISH, and the publication that the PUBLISH makes or
/// modifies.
struct Listing {
    TimePoint now;
    EntityTag current = 0;  ///< of the publication before; 0 for a new one
    EntityTag next = 0;     ///< of the publication afterwards
    TimePoint deadline;
    bool is_full_document = true;
    const Registration& registration;
};

/// Each function changes the words of `state` and then folds them into its contacts. The members of
/// the state are not touched: see Merge.
class RegistrationMerge {
public:
    /// @param aor    canonical; must outlive this
    /// @param state  must outlive this
    /// @param grace  added to each contact's own time (RULES.md, "A contact has its own clock")
    RegistrationMerge(std::string_view aor, AorState& state, Duration grace)
        : aor_(aor), state_(state), grace_(grace) {}

    /// @pre `listing.current` is 0 or names a publication of the state
    MergeReport publish(const Listing& listing);
    /// A refresh without a body. No effect if `current` names no publication of the state.
    void refresh(EntityTag current, EntityTag next, TimePoint deadline);
    /// A removal. No effect if `current` names no publication of the state.
    MergeReport remove(EntityTag current);
    /// Ends a contact by order of an operator.
    MergeReport end_contact(const Hash128& id, ContactEvent event);
    /// Ends the contacts and publications whose time is over.
    MergeReport expire(TimePoint now);
    /// See Merge::forget_ended.
    std::size_t forget_ended(Revision acknowledged, std::size_t keep);

private:
    DetailsPtr details_of(const Contact& contact) const;
    Publication& publication_of(EntityTag tag);
    void take_words(const Listing& listing, Publication& publication);
    void end_unlisted(TimePoint now, Word& word);
    void end_word(Word& word, TimePoint now);
    void withdraw_words(Publication& publication);
    void add_tombstone(const Word& word) { state_.tombstones.push_back(word); }
    MergeReport fold(const ContactFold::Cause& cause) { return ContactFold(state_, cause).run(); }

    std::string_view aor_;
    AorState& state_;
    Duration grace_;
};

}  // namespace reginfo
