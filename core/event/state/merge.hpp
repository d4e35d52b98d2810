/// @file
/// From what publications say to the state of an AOR (RULES.md, "The state is a merge", "Every end
/// is notified", "A contact has its own clock").
#pragma once

#include "core/base/hash.hpp"
#include "core/base/time.hpp"
#include "core/event/state/aor_state.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace reginfo {

struct Claim;

/// What one call of the merge did, for the counters.
struct MergeReport {
    bool visible = false;       ///< the revision grew (RULES.md, "Work follows change")
    std::size_t conflicts = 0;  ///< active words that lost against another publication's
    std::size_t contacts_expired = 0;
    std::size_t publications_expired = 0;
    std::size_t ends_given_up = 0;   ///< ended contacts, URIs: not to be told to all
    std::size_t words_given_up = 0;  ///< ended words
};

/// The changes to one AOR. Each function changes `state` and then folds all words into its
/// contacts; a visible change takes the next revision.
///
/// Cost: O(n log n) in the words of the AOR.
class Merge {
public:
    /// @param aor    canonical
    /// @param grace  added to each contact's own time (RULES.md, "A contact has its own clock")
    Merge(std::string_view aor, AorState& state, Duration grace)
        : aor_(aor), state_(state), grace_(grace) {}

    /// A new body for the publication `current`, or for a new one if that is 0. The registrations
    /// of other AORs in it become words on the members of the implicit registration set.
    ///
    /// @param own  the registration that names this AOR
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

    /// Ends a contact by order: every publication that lists it as active says now that it ended.
    MergeReport end_contact(const Hash128& id, ContactEvent event);

    /// Time has passed: contacts and publications whose time is over.
    MergeReport expire(TimePoint now);

    /// Forgets ended contacts, and URIs that a contact had, that every watcher was told of: those
    /// that ended at or before `told`; and of each kind the oldest beyond `keep`. Returns how many
    /// the latter were.
    std::size_t forget_ended(Revision told, std::size_t keep);

private:
    struct Fold {
        ContactEvent withdrawn;  ///< told of contacts whose last active word is withdrawn
        Order first_new;         ///< words from here on are said in this very change
        bool other = false;      ///< something else changed visibly
    };

    MergeReport publish_own(
        TimePoint now,
        EntityTag current,
        EntityTag next,
        TimePoint deadline,
        const Document& document,
        const Registration& own
    );
    bool publish_members(
        TimePoint now,
        EntityTag current,
        EntityTag next,
        TimePoint deadline,
        const Document& document,
        const Registration& own
    );
    MergeReport expire_own(TimePoint now);
    void refresh_members(EntityTag current, EntityTag next, TimePoint deadline);
    bool remove_members(EntityTag current);
    bool expire_members(TimePoint now);
    std::size_t forget_ended_of_members(Revision told, std::size_t keep);
    template <class Change>
    bool change_members(Change change);
    MergeReport joined(MergeReport own, bool members);

    DetailsPtr details_of(const Contact& contact) const;
    void say(
        TimePoint now,
        Publication& publication,
        const Document& document,
        const Registration& own
    );
    void withdraw(Publication& publication);
    void bury(const Word& word);
    void leave_out(TimePoint now, Word& word);
    void end(Word& word, TimePoint now);
    MergeReport fold(const Fold& how);

    bool settle(ContactState& contact, const Claim& winner, Revision revision, const Fold& how);
    static void finish(ContactState& contact, ContactEvent event, Revision revision);
    void set_details(ContactState& contact, const DetailsPtr& details, Revision revision);
    void tidy_former_uris();

    std::string_view aor_;
    AorState& state_;
    Duration grace_;
    std::size_t given_up_by_members_ = 0;  ///< ended words
};

/// When Merge::expire will have something to do next; nothing if never.
std::optional<TimePoint> next_deadline_of(const AorState& state, Duration grace);

/// The id of an AOR or, with an identity, of one of its contacts (RULES.md, "Stable ids").
Hash128 stable_id(std::string_view aor, std::string_view identity = {});

/// Such an id as documents write it: twenty-four hexadecimal digits behind a letter, never a
/// number.
class StableIdText {
public:
    StableIdText(char prefix, const Hash128& id) {
        text_[0] = prefix;
        std::string_view(HexText(id.high)).copy(text_.data() + 1, 16);
        std::string_view(HexText(id.low)).copy(text_.data() + 17, 8, 8);
    }

    operator std::string_view() const { return {text_.data(), text_.size()}; }  // NOLINT

private:
    std::array<char, 25> text_;
};

}  // namespace reginfo
