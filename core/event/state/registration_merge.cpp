#include "core/event/state/registration_merge.hpp"

#include "core/event/state/by_contact.hpp"
#include "core/event/state/precedence.hpp"
#include "core/event/state/stable_id.hpp"

#include <boost/container/small_vector.hpp>

#include <algorithm>
#include <cassert>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

namespace reginfo {
namespace {

/// The event of a contact that is active or ended: the published one if it fits.
ContactEvent fitting(ContactEvent event, bool active) {
    switch (event) {
        case ContactEvent::registered:
        case ContactEvent::created:
        case ContactEvent::refreshed:
        case ContactEvent::shortened:
            return active ? event : ContactEvent::unregistered;
        case ContactEvent::expired:
        case ContactEvent::deactivated:
        case ContactEvent::probation:
        case ContactEvent::unregistered:
        case ContactEvent::rejected:
            return active ? ContactEvent::registered : event;
        case ContactEvent::terminated:
            return active ? ContactEvent::registered : ContactEvent::unregistered;
    }
    return event;
}

bool is_same_statement(const Word& a, const Word& b) {
    return a.active == b.active && a.details->callid() == b.details->callid() &&
           a.details->cseq == b.details->cseq;
}

/// Whether `word` lists a registration as new that was listed before with another event. Then its
/// document is older than the one before it, and lacks contacts that the later one had. (Kamailio
/// publishes two new contacts at once, the first without the second. If the first PUBLISH is
/// refused with 412, it comes again with the entity-tag that the second one got meanwhile.)
bool is_created_again(const Word& before, const Word& word) {
    return word.active && word.event == ContactEvent::created &&
           before.event != ContactEvent::created && word.details->cseq &&
           !word.details->callid().empty();
}

/// How much longer an older registration seems to last than a newer one, at most: it is reckoned
/// from the arrival of a document that was late.
constexpr Duration kLateness = std::chrono::seconds{5};

/// Whether `word` lists an active registration as it was before the listing before it: with a lower
/// cseq, and for no longer. Its document is older than the one before it: two PUBLISHes changed
/// places on their way, or one came again after a 412. (A phone that starts again may count from 1
/// with its old Call-ID. Its registration then lasts longer than the one before.)
bool is_late(const Word& before, const Word& word) {
    const bool is_same_call =
        !word.details->callid().empty() && before.details->callid() == word.details->callid();
    const bool has_lower_cseq =
        before.details->cseq && word.details->cseq && *word.details->cseq < *before.details->cseq;
    return before.active && word.active && is_same_call && has_lower_cseq && before.deadline &&
           word.deadline && *word.deadline <= *before.deadline + kLateness;
}

bool is_active(const Contact& contact) { return contact.active && contact.expires != Seconds{0}; }

/// The word that a listing makes, without its order.
Word word_of(TimePoint now, const Contact& contact, DetailsPtr details) {
    Word word;
    word.active = is_active(contact);
    word.event =
        contact.active == word.active ? fitting(contact.event, word.active) : ContactEvent::expired;
    // RFC 3680 §5.3.2: `shortened` needs a time, and `probation` a retry-after.
    if (word.event == ContactEvent::shortened && !contact.expires) {
        word.event = ContactEvent::registered;
    }
    if (word.event == ContactEvent::probation && !contact.retry_after) {
        word.event = ContactEvent::deactivated;
    }
    word.details = std::move(details);
    const bool has_time_left = !contact.active && contact.expires > Seconds{0};
    if (contact.expires && (word.active || has_time_left)) {
        word.deadline = now + *contact.expires;
    }
    if (word.active && contact.duration_registered) word.since = now - *contact.duration_registered;
    return word;
}

/// Removes the elements that ended at or before `acknowledged`, and of the others the oldest beyond
/// `keep`. Returns the number of the latter.
/// @param end_of  the revision at which an element ended; nothing if it has not
template <class Elements, class EndOf>
std::size_t forget_oldest(
    Elements& elements,
    EndOf end_of,
    Revision acknowledged,
    std::size_t keep
) {
    std::erase_if(elements, [&](const auto& element) {
        const std::optional<Revision> end = end_of(element);
        return end && *end <= acknowledged;
    });
    if (elements.size() <= keep) return 0;
    std::vector<Revision> ends;
    for (const auto& element : elements) {
        if (const std::optional<Revision> end = end_of(element)) ends.push_back(*end);
    }
    if (ends.size() <= keep) return 0;
    const auto cut = ends.begin() + static_cast<std::ptrdiff_t>(ends.size() - keep - 1);
    std::nth_element(ends.begin(), cut, ends.end());
    return std::erase_if(elements, [&](const auto& element) {
        const std::optional<Revision> end = end_of(element);
        return end && *end <= *cut;
    });
}

}  // namespace

DetailsPtr RegistrationMerge::details_of(const Contact& contact) const {
    return new ContactDetails(
        stable_id(aor_, contact.identity),
        contact.cseq,
        contact.retry_after,
        {contact.callid, contact.attributes_xml, contact.uri_xml, contact.children_xml}
    );
}

/// @pre `tag` is 0, for a new publication, or names one of the state
Publication& RegistrationMerge::publication_of(EntityTag tag) {
    if (tag == 0) return state_.publications.emplace_back();
    const auto publication = std::find_if(
        state_.publications.begin(),
        state_.publications.end(),
        [tag](const Publication& candidate) { return candidate.etag == tag; }
    );
    assert(publication != state_.publications.end());
    return *publication;
}

MergeReport RegistrationMerge::publish(const Listing& listing) {
    const Registration& registration = listing.registration;
    Publication& publication = publication_of(listing.current);
    publication.etag = listing.next;
    publication.deadline = listing.deadline;

    const Order first_new = state_.next_order;
    take_words(listing, publication);
    state_.was_published = state_.was_published || registration.state != RegistrationState::init ||
                           !registration.contacts.empty();

    const bool has_other_extensions = state_.extensions_xml() != registration.extensions_xml;
    if (has_other_extensions || state_.published_aor() != registration.aor) {
        state_.texts = {registration.aor, registration.extensions_xml};
    }
    return fold({
        .withdrawn = ContactEvent::expired,
        .first_new = first_new,
        .is_visible = has_other_extensions,
    });
}

/// Replaces the words of the publication by those of the listing. A word that is listed unchanged
/// keeps its order. A word that is listed as it was earlier stays as it is.
void RegistrationMerge::take_words(const Listing& listing, Publication& publication) {
    ByContact<std::size_t> places;  // in `listed`
    boost::container::small_vector<std::pair<const Contact*, DetailsPtr>, 4> listed;
    for (const Contact& contact : listing.registration.contacts) {
        DetailsPtr details = details_of(contact);
        const auto [place, is_new] = places.try_emplace(details->id, listed.size());
        if (is_new) {
            listed.emplace_back(&contact, std::move(details));
        } else if (replaces(contact, *listed[*place].first)) {
            listed[*place] = {&contact, std::move(details)};
        }
    }

    boost::container::small_vector<Word, 4> before(
        std::make_move_iterator(publication.words.begin()),
        std::make_move_iterator(publication.words.end())
    );
    publication.words.clear();
    ByContact<Word*> words_before;
    for (Word& word : before) words_before.try_emplace(word.details->id, &word);

    bool is_overtaken = false;
    for (auto& [contact, details] : listed) {
        Word word = word_of(listing.now, *contact, std::move(details));
        Word** const entry = words_before.find(word.details->id);
        Word* const old = entry ? *entry : nullptr;
        if (old && is_same_statement(*old, word)) {
            word.order = old->order;
            is_overtaken = is_overtaken || is_created_again(*old, word);
            if (*old->details == *word.details) word.details = old->details;
        } else if (old && is_late(*old, word)) {
            is_overtaken = true;
            word = *old;
        } else {
            word.order = state_.next_order++;
            if (old && !old->active) {
                // A publisher that lists its ended contact as created takes the end back: without a
                // deadline the end overtakes nothing (precedence.cpp).
                if (word.event == ContactEvent::created) old->deadline.reset();
                add_tombstone(*old);
            }
        }
        publication.words.push_back(std::move(word));
    }

    const bool is_complete =
        listing.is_full_document || listing.registration.state == RegistrationState::terminated;
    for (Word& word : before) {
        if (places.find(word.details->id)) continue;
        if (is_complete && !is_overtaken) {
            end_unlisted(listing.now, word);
        } else {
            publication.words.push_back(std::move(word));
        }
    }
}

/// A word that its publication does not list any more becomes a tombstone. An active one without a
/// Call-ID leaves none.
void RegistrationMerge::end_unlisted(TimePoint now, Word& word) {
    if (word.active && word.details->callid().empty()) return;
    if (word.active) end_word(word, now);
    add_tombstone(word);
}

/// Makes an active word an ended one, because the contact was left out or its time is over. The end
/// of its time was published with the word and keeps its order; any other end is new. So a
/// registrar that a phone has left does not end what the phone has registered elsewhere since.
void RegistrationMerge::end_word(Word& word, TimePoint now) {
    const bool was_foretold = word.deadline && *word.deadline <= now;
    word.active = false;
    word.event = ContactEvent::expired;
    if (word.order != kImported && !was_foretold) word.order = state_.next_order++;
    word.deadline.reset();
}

void RegistrationMerge::refresh(EntityTag current, EntityTag next, TimePoint deadline) {
    for (Publication& publication : state_.publications) {
        if (publication.etag != current) continue;
        publication.etag = next;
        publication.deadline = deadline;
    }
    fold({.withdrawn = ContactEvent::expired, .first_new = state_.next_order});
}

/// Takes the words from a publication that ends: the ended ones become tombstones.
void RegistrationMerge::withdraw_words(Publication& publication) {
    for (const Word& word : publication.words) {
        if (!word.active) add_tombstone(word);
    }
    publication.words.clear();
}

MergeReport RegistrationMerge::remove(EntityTag current) {
    const auto is_removed = [current](const Publication& p) { return p.etag == current; };
    for (Publication& publication : state_.publications) {
        if (is_removed(publication)) withdraw_words(publication);
    }
    std::erase_if(state_.publications, is_removed);
    return fold({.withdrawn = ContactEvent::unregistered, .first_new = state_.next_order});
}

MergeReport RegistrationMerge::end_contact(const Hash128& id, ContactEvent event) {
    const Order first_new = state_.next_order;
    for (Publication& publication : state_.publications) {
        for (Word& word : publication.words) {
            if (!word.active || word.details->id != id) continue;
            end_word(word, TimePoint::min());
            word.event = event;
        }
    }
    return fold({.withdrawn = event, .first_new = first_new});
}

MergeReport RegistrationMerge::expire(TimePoint now) {
    const Order first_new = state_.next_order;
    std::size_t contacts = 0;
    const auto is_over = [now](const Publication& p) { return p.deadline <= now; };
    for (Publication& publication : state_.publications) {
        if (is_over(publication)) withdraw_words(publication);
    }
    const std::size_t publications = std::erase_if(state_.publications, is_over);
    const auto has_expired = [this, now](const Word& word) {
        return word.active && word.deadline && *word.deadline + grace_ <= now;
    };
    for (Publication& publication : state_.publications) {
        // A word without a Call-ID leaves no end behind.
        contacts += std::erase_if(publication.words, [&](const Word& word) {
            return has_expired(word) && word.details->callid().empty();
        });
        for (Word& word : publication.words) {
            if (!has_expired(word)) continue;
            ++contacts;
            end_word(word, now);
        }
    }
    MergeReport report = fold({.withdrawn = ContactEvent::expired, .first_new = first_new});
    report.contacts_expired = contacts;
    report.publications_expired = publications;
    return report;
}

std::size_t RegistrationMerge::forget_ended(Revision acknowledged, std::size_t keep) {
    const auto ended_at = [](const ContactState& contact) {
        return contact.active ? std::nullopt : std::optional(contact.became);
    };
    const auto left_at = [](const FormerUri& former) { return std::optional(former.left); };
    return forget_oldest(state_.contacts, ended_at, acknowledged, keep) +
           forget_oldest(state_.former_uris, left_at, acknowledged, keep);
}

}  // namespace reginfo
