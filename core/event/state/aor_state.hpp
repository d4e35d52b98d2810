/// @file
/// The publications of one address-of-record, and the contacts that follow from them (RULES.md,
/// "The state is a merge").
#pragma once

#include "core/base/compact_optional.hpp"
#include "core/base/entity_tag.hpp"
#include "core/base/hash.hpp"
#include "core/base/texts.hpp"
#include "core/base/time.hpp"
#include "core/reginfo/document.hpp"

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace reginfo {

/// Grows by one with each visible change of an AOR; 0 before the first.
using Revision = std::uint64_t;

/// In place of the time of a PUBLISH if a change has none.
inline constexpr TimePoint kNoNews = TimePoint::min();

/// The order in which the words on one AOR were first published.
using Order = std::uint64_t;

/// The order of imported words, which no PUBLISH brought: they lose to any other word.
inline constexpr Order kImported = 0;

/// A contact in a publication, without its state. Immutable: words and contacts share it.
struct ContactDetails : boost::intrusive_ref_counter<ContactDetails, boost::thread_unsafe_counter> {
    ContactDetails() = default;
    ContactDetails(
        const Hash128& id_,
        std::optional<std::uint32_t> cseq_,
        std::optional<Seconds> retry_after_,
        Texts texts_
    )
        : id(id_), cseq(cseq_), retry_after(retry_after_), texts(std::move(texts_)) {}

    Hash128 id;  ///< from the AOR and the contact's identity (RULES.md, "Stable ids")
    std::optional<std::uint32_t> cseq;
    std::optional<Seconds> retry_after;
    Texts texts;  ///< the four below, as in Contact

    std::string_view callid() const { return texts[0]; }  ///< empty if absent
    std::string_view attributes_xml() const { return texts[1]; }
    std::string_view uri_xml() const { return texts[2]; }
    std::string_view children_xml() const { return texts[3]; }

    friend bool operator==(const ContactDetails& a, const ContactDetails& b) {
        return a.id == b.id && a.cseq == b.cseq && a.retry_after == b.retry_after &&
               a.texts == b.texts;
    }
};

using DetailsPtr = boost::intrusive_ptr<const ContactDetails>;

/// A word: the statement of one publication about one contact.
struct Word {
    DetailsPtr details;
    Order order = 0;  ///< of its first publication
    /// Of an active word: the end of its time; nothing if it lasts as long as the publication. Of
    /// an ended word: the end of the registration before it ended, if it was published (Kamailio).
    CompactOptional<TimePoint> deadline;
    CompactOptional<TimePoint>
        since;  ///< of an active word: registered since (duration-registered)
    bool active = true;
    ContactEvent event = ContactEvent::registered;
};

/// One publication (RFC 3903 §3): soft state under an entity-tag.
struct Publication {
    EntityTag etag = 0;
    TimePoint deadline;
    std::vector<Word> words;  ///< one for each contact
    std::size_t others = 0;   ///< registrations of other AORs in the same body
};

/// The result of all words on one contact.
struct ContactState {
    DetailsPtr details;
    TimePoint deadline;                ///< of an active contact, as notified
    CompactOptional<TimePoint> since;  ///< of an active contact: registered since, if published
    Revision became = 0;               ///< the revision at which it became active or ended
    Revision changed = 0;              ///< of the last visible change
    bool active = true;
    ContactEvent event = ContactEvent::registered;
    bool own_clock = false;  ///< the deadline is of the contact, not of its publication
};

/// A URI that a contact had before its present one. For watchers that identify contacts by URI it
/// is a contact that has ended.
struct FormerUri {
    DetailsPtr details;  ///< the last details with this URI
    Revision left = 0;   ///< the revision at which the contact got another URI
};

struct SetMember;

/// All of an AOR that outlives a restart, as a value. A change is made on a copy, which replaces
/// the original once it is durable.
struct AorState {
    Texts texts;                            ///< see published_aor() and extensions_xml()
    std::vector<Publication> publications;  ///< oldest first
    std::vector<Word> tombstones;           ///< ended words that no live publication has any more
    std::vector<ContactState>
        contacts;  ///< active ones, and ended ones that some watcher has not got yet
    std::vector<FormerUri>
        former_uris;  ///< that some watcher has not got yet; each URI once, none active
    Revision revision = 0;
    Order next_order = 1;
    bool was_published = false;  ///< something other than `init`, at any time

    /// Distinguishes the revisions from those of a removed AOR of the same name; 0 before the first
    /// change.
    std::uint64_t incarnation = 0;
    Revision own_changed = 0;  ///< the last revision that was not caused by `members` alone
    std::vector<SetMember> members;

    /// The AOR as in the last document; empty before.
    std::string_view published_aor() const { return texts[0]; }
    /// The extensions of <registration> in the last document.
    std::string_view extensions_xml() const { return texts[1]; }
    RegistrationState state() const;
    bool has_active_contact() const;
    bool has_publication(EntityTag tag) const;
};

/// Another registration of the implicit registration set (TS 24.229 5.4.2.1.2), from the same
/// bodies. It has the revisions of the AOR that it belongs to, and no members.
struct SetMember {
    std::string aor;  ///< canonical
    AorState state;
};

/// The number of entries in the live publications: contacts, other registrations and their
/// contacts. The own registration and tombstones do not count.
std::size_t listed_in(const AorState& state);

/// The next time at which Merge::expire has something to do; nothing if never.
/// @param grace  added to each contact's own time
std::optional<TimePoint> next_deadline_of(const AorState& state, Duration grace);

}  // namespace reginfo
