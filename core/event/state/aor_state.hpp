/// @file
/// What is published for one address-of-record, and what it comes to (RULES.md, "The state is a
/// merge").
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

/// Instead of the time of a PUBLISH where there was none.
inline constexpr TimePoint kNoNews = TimePoint::min();

/// The order in which the words on one AOR were first published.
using Order = std::uint64_t;

/// The order of imported words, which no PUBLISH brought: they lose to any other word.
inline constexpr Order kImported = 0;

/// What a publisher says of a contact besides its state. Never changed once made: words and
/// contacts share it.
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
    Texts texts;  ///< those below in order, as in Contact

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

/// One publication's word on one contact.
struct Word {
    DetailsPtr details;
    Order order = 0;  ///< of its first publication
    /// Of an active word; nothing: as long as the publication. Of an ended one: of the registration
    /// that has ended, where the publisher says what was left of it, as Kamailio does.
    CompactOptional<TimePoint> deadline;
    CompactOptional<TimePoint> since;  ///< an active one: bound since (duration-registered)
    bool active = true;
    ContactEvent event = ContactEvent::registered;
};

/// One publication (RFC 3903 §3): soft state under an entity-tag.
struct Publication {
    EntityTag etag = 0;
    TimePoint deadline;
    std::vector<Word> words;  ///< one a contact
    std::size_t others = 0;   ///< registrations of other AORs in the same body
};

/// What all words on one contact come to.
struct ContactState {
    DetailsPtr details;
    TimePoint deadline;                ///< of an active contact, as watchers know it
    CompactOptional<TimePoint> since;  ///< of an active contact: bound since, if anybody says so
    Revision became = 0;               ///< at which it became active or ended
    Revision changed = 0;              ///< of the last visible change
    bool active = true;
    ContactEvent event = ContactEvent::registered;
    bool own_clock = false;  ///< the deadline is the contact's own, not its publication's
};

/// An address that a contact had before its present one. Who knows contacts by their ids knows
/// better; who knows them by their URIs must be told that this one has ended.
struct FormerUri {
    DetailsPtr details;  ///< as last told with it
    Revision left = 0;   ///< at which the contact had another one
};

struct SetMember;

/// Everything about one AOR that outlives a restart, as a value: a change is made on a copy, which
/// replaces the original once it is durable.
struct AorState {
    Texts texts;                            ///< see published_aor() and extensions_xml()
    std::vector<Publication> publications;  ///< oldest first
    std::vector<Word> tombstones;           ///< ended words that no live publication says any more
    std::vector<ContactState> contacts;     ///< active ones, and ended ones still to be told
    std::vector<FormerUri> former_uris;  ///< still to be told; each URI once, none that is active
    Revision revision = 0;
    Order next_order = 1;
    bool known = false;  ///< something else than `init` was ever published

    /// Tells its revisions from those of an AOR of that name that was forgotten; 0 before the
    /// first.
    std::uint64_t incarnation = 0;
    Revision own_changed = 0;  ///< the last revision that was not of `members` alone
    std::vector<SetMember> members;

    /// As the last document wrote it; empty before.
    std::string_view published_aor() const { return texts[0]; }
    /// Of the last document's <registration>.
    std::string_view extensions_xml() const { return texts[1]; }
    RegistrationState state() const;
    bool has_active_contact() const;
    bool has_publication(EntityTag tag) const;
};

/// Another registration of the implicit registration set (TS 24.229 5.4.2.1.2): what the same
/// publishers say of another AOR in the same bodies. Its revisions count with those of the AOR
/// that holds it; it has no members.
struct SetMember {
    std::string aor;  ///< canonical
    AorState state;
};

/// What its live publications list: contacts of the AOR; other registrations, and contacts of
/// theirs. Not the AOR's own registration, nor ends that nobody lists any more.
std::size_t listed_in(const AorState& state);

/// The next time at which Merge::expire has something to do; nothing if never.
/// @param grace  added to each contact's own time
std::optional<TimePoint> next_deadline_of(const AorState& state, Duration grace);

}  // namespace reginfo
