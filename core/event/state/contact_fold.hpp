/// @file
/// From the words on an AOR to its contacts.
#pragma once

#include "core/event/state/aor_state.hpp"
#include "core/event/state/merge_report.hpp"

namespace reginfo {

struct Claim;

/// Folds all words of a state into its contacts, as the last step of each change. A visible change
/// takes the next revision.
///
/// Cost: O(n log n) in the words of the state.
class ContactFold {
public:
    /// What the change was, besides its words.
    struct Cause {
        ContactEvent withdrawn;   ///< the event of contacts whose last active word is gone
        Order first_new;          ///< words from this order on are new
        bool is_visible = false;  ///< watchers see a difference already
    };

    /// @param state  must outlive this
    ContactFold(AorState& state, const Cause& cause)
        : state_(state), cause_(cause), revision_(state.revision + 1) {}

    MergeReport run();

private:
    bool apply_winner(ContactState& contact, const Claim& winner);
    bool apply_ended(ContactState& contact, const Word& word);
    bool apply_active(ContactState& contact, const Claim& winner);
    void end(ContactState& contact, ContactEvent event);
    void set_details(ContactState& contact, const DetailsPtr& details);
    void tidy_former_uris();

    AorState& state_;
    Cause cause_;
    Revision revision_;
};

}  // namespace reginfo
