/// @file
/// From words to contacts; which word counts is in precedence.cpp.

#include "core/event/state/merge.hpp"

#include "core/event/state/by_contact.hpp"
#include "core/event/state/precedence.hpp"

#include <boost/container/small_vector.hpp>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <span>
#include <utility>

namespace reginfo {
namespace {

/// A move of a contact's deadline by no more than this is rounding, not news (RULES.md, "Work
/// follows change").
constexpr Duration kDeadlineSlack = std::chrono::seconds{2};

/// The event to tell with a contact that is active or ended, whatever was published with it.
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

bool same_saying(const Word& a, const Word& b) {
    return a.active == b.active && a.details->callid() == b.details->callid() &&
           a.details->cseq == b.details->cseq;
}

/// Whether `word` says that a registration is new which was already said to be there: then its
/// document is older than the one before it, and knows nothing of what that listed besides.
/// (Kamailio publishes two new contacts at once, the first without the second; refused with 412 it
/// comes again, with the entity-tag that the second has got meanwhile.)
bool is_created_again(const Word& before, const Word& word) {
    return word.active && word.event == ContactEvent::created &&
           before.event != ContactEvent::created && word.details->cseq &&
           !word.details->callid().empty();
}

bool is_active(const Contact& contact) { return contact.active && contact.expires != Seconds{0}; }

/// What a listing says, apart from when it was first said.
Word word_of(TimePoint now, const Contact& contact, DetailsPtr details) {
    Word word;
    word.active = is_active(contact);
    word.event =
        contact.active == word.active ? fitting(contact.event, word.active) : ContactEvent::expired;
    const bool is_vague = word.event == ContactEvent::shortened && !contact.expires;
    if (is_vague) word.event = ContactEvent::registered;
    const bool is_vague_end = word.event == ContactEvent::probation && !contact.retry_after;
    if (is_vague_end) word.event = ContactEvent::deactivated;
    word.details = std::move(details);
    const bool tells_what_was_left = !contact.active && contact.expires > Seconds{0};
    if (contact.expires && (word.active || tells_what_was_left)) {
        word.deadline = now + *contact.expires;
    }
    if (word.active && contact.duration_registered) word.since = now - *contact.duration_registered;
    return word;
}

}  // namespace

Hash128 stable_id(std::string_view aor, std::string_view identity) {
    // The key is part of what is stored and told: never change it.
    return Hasher(0x7265'6769'6e66'6f64U, 0x7266'6333'3638'3000U).add(aor).add(identity).finish();
}

DetailsPtr Merge::details_of(const Contact& contact) const {
    return new ContactDetails(
        stable_id(aor_, contact.identity),
        contact.cseq,
        contact.retry_after,
        {contact.callid, contact.attributes_xml, contact.uri_xml, contact.children_xml}
    );
}

MergeReport Merge::publish_own(
    TimePoint now,
    EntityTag current,
    EntityTag next,
    TimePoint deadline,
    const Document& document,
    const Registration& own
) {
    if (current == 0) state_.publications.emplace_back();
    Publication& publication = current == 0
                                   ? state_.publications.back()
                                   : *std::find_if(
                                         state_.publications.begin(),
                                         state_.publications.end(),
                                         [&](const Publication& p) { return p.etag == current; }
                                     );
    publication.etag = next;
    publication.deadline = deadline;

    const Order first_new = state_.next_order;
    say(now, publication, document, own);
    state_.known = state_.known || own.state != RegistrationState::init || !own.contacts.empty();

    const bool extensions = state_.extensions_xml() != own.extensions_xml;
    if (extensions || state_.published_aor() != own.aor) {
        state_.texts = {own.aor, own.extensions_xml};
    }
    return fold({.withdrawn = ContactEvent::expired, .first_new = first_new, .other = extensions});
}

/// Takes over what the document lists, as this publication's words.
void Merge::say(
    TimePoint now,
    Publication& publication,
    const Document& document,
    const Registration& own
) {
    ByContact<std::size_t> listed;  // where in `order`
    boost::container::small_vector<std::pair<const Contact*, DetailsPtr>, 4> order;
    for (const Contact& contact : own.contacts) {
        DetailsPtr details = details_of(contact);
        const auto [place, is_new] = listed.try_emplace(details->id, order.size());
        if (is_new) {
            order.emplace_back(&contact, std::move(details));
        } else if (replaces(contact, *order[*place].first)) {
            order[*place] = {&contact, std::move(details)};
        }
    }

    boost::container::small_vector<Word, 4> before(
        std::make_move_iterator(publication.words.begin()),
        std::make_move_iterator(publication.words.end())
    );
    publication.words.clear();
    ByContact<Word*> said_before;
    for (Word& word : before) said_before.try_emplace(word.details->id, &word);

    bool is_overtaken = false;
    for (auto& [contact, details] : order) {
        Word word = word_of(now, *contact, std::move(details));
        Word** const at = said_before.find(word.details->id);
        Word* const old = at ? *at : nullptr;
        if (old && same_saying(*old, word)) {
            word.order = old->order;
            is_overtaken = is_overtaken || is_created_again(*old, word);
            if (*old->details == *word.details) word.details = old->details;
        } else {
            word.order = state_.next_order++;
            if (old && !old->active) {
                // Its own end a publisher may take back, if it does not say that nothing is new.
                if (word.event == ContactEvent::created) old->deadline.reset();
                bury(*old);
            }
        }
        publication.words.push_back(std::move(word));
    }

    const bool is_all = document.full || own.state == RegistrationState::terminated;
    for (Word& word : before) {
        if (listed.find(word.details->id)) continue;
        if (is_all && !is_overtaken) {
            leave_out(now, word);
        } else {
            publication.words.push_back(std::move(word));
        }
    }
}

/// A contact that its publication does not list any more.
void Merge::leave_out(TimePoint now, Word& word) {
    if (word.active && word.details->callid().empty()) return;
    if (word.active) end(word, now);
    bury(word);
}

/// Makes an active word an ended one, because the contact was left out or its time is over. The
/// end of its time was said with the word itself, any other is said now: so a registrar that a
/// phone has left cannot end what the phone has told another one since.
void Merge::end(Word& word, TimePoint now) {
    const bool was_foretold = word.deadline && *word.deadline <= now;
    word.active = false;
    word.event = ContactEvent::expired;
    if (word.order != kImported && !was_foretold) word.order = state_.next_order++;
    word.deadline.reset();
}

void Merge::bury(const Word& word) { state_.tombstones.push_back(word); }

void Merge::refresh(EntityTag current, EntityTag next, TimePoint deadline) {
    refresh_members(current, next, deadline);
    for (Publication& publication : state_.publications) {
        if (publication.etag != current) continue;
        publication.etag = next;
        publication.deadline = deadline;
    }
    fold({.withdrawn = ContactEvent::expired, .first_new = state_.next_order});
}

/// The publication ends: active words go, ended ones stay as tombstones.
void Merge::withdraw(Publication& publication) {
    for (const Word& word : publication.words) {
        if (!word.active) bury(word);
    }
    publication.words.clear();
}

MergeReport Merge::remove(EntityTag current) {
    const bool members = remove_members(current);
    const auto is_removed = [current](const Publication& p) { return p.etag == current; };
    for (Publication& publication : state_.publications) {
        if (is_removed(publication)) withdraw(publication);
    }
    std::erase_if(state_.publications, is_removed);
    const Fold how{.withdrawn = ContactEvent::unregistered, .first_new = state_.next_order};
    return joined(fold(how), members);
}

MergeReport Merge::end_contact(const Hash128& id, ContactEvent event) {
    const Order first_new = state_.next_order;
    for (Publication& publication : state_.publications) {
        for (Word& word : publication.words) {
            if (!word.active || word.details->id != id) continue;
            end(word, TimePoint::min());
            word.event = event;
        }
    }
    return joined(fold({.withdrawn = event, .first_new = first_new}), false);
}

MergeReport Merge::expire(TimePoint now) {
    const bool members = expire_members(now);
    return joined(expire_own(now), members);
}

MergeReport Merge::expire_own(TimePoint now) {
    const Order first_new = state_.next_order;
    std::size_t contacts = 0;
    const auto is_over = [now](const Publication& p) { return p.deadline <= now; };
    for (Publication& publication : state_.publications) {
        if (is_over(publication)) withdraw(publication);
    }
    const std::size_t publications = std::erase_if(state_.publications, is_over);
    const auto has_expired = [this, now](const Word& word) {
        return word.active && word.deadline && *word.deadline + grace_ <= now;
    };
    for (Publication& publication : state_.publications) {
        // One without a Call-ID leaves no end behind.
        contacts += std::erase_if(publication.words, [&](const Word& word) {
            return has_expired(word) && word.details->callid().empty();
        });
        for (Word& word : publication.words) {
            if (!has_expired(word)) continue;
            ++contacts;
            end(word, now);
        }
    }
    MergeReport report = fold({.withdrawn = ContactEvent::expired, .first_new = first_new});
    report.contacts_expired = contacts;
    report.publications_expired = publications;
    return report;
}

MergeReport Merge::fold(const Fold& how) {
    const Claims claims = claims_of(state_);

    MergeReport report;
    report.visible = how.other;
    const Revision revision = state_.revision + 1;
    ByContact<std::size_t> place;
    for (std::size_t i = 0; i < state_.contacts.size(); ++i) {
        place.try_emplace(state_.contacts[i].details->id, i);
    }
    boost::container::small_vector<bool, 8> claimed(state_.contacts.size());

    std::vector<Word> tombstones;
    std::vector<std::pair<Order, ContactState>> fresh;
    for (std::size_t begin = 0; begin < claims.size();) {
        std::size_t end = begin + 1;
        const Hash128& id = claims[begin].details().id;
        while (end < claims.size() && claims[end].details().id == id) ++end;
        const std::span<const Claim> group(claims.data() + begin, end - begin);
        begin = end;

        const Winner winner = winner_of(group);
        report.conflicts += winner.conflicts;
        report.words_given_up += keep_tombstones(group, tombstones);

        if (const std::size_t* const at = place.find(id)) {
            claimed[*at] = true;
            report.visible |= settle(state_.contacts[*at], *winner.claim, revision, how);
        } else if (winner.claim->word->active || winner.claim->word->order >= how.first_new) {
            ContactState contact;
            contact.active = false;
            settle(contact, *winner.claim, revision, how);
            report.visible = true;
            fresh.emplace_back(group.front().word->order, std::move(contact));
        }
    }
    for (std::size_t i = 0; i < claimed.size(); ++i) {
        if (claimed[i] || !state_.contacts[i].active) continue;
        finish(state_.contacts[i], how.withdrawn, revision);
        report.visible = true;
    }

    std::sort(fresh.begin(), fresh.end(), [](const auto& a, const auto& b) {
        return a.first < b.first;
    });
    for (auto& [said, contact] : fresh) state_.contacts.push_back(std::move(contact));
    state_.tombstones = std::move(tombstones);
    if (!state_.former_uris.empty()) tidy_former_uris();
    if (report.visible) state_.revision = revision;
    return report;
}

/// Brings one contact to the winner's word. Returns whether watchers see a difference (RULES.md,
/// "Work follows change").
bool Merge::settle(ContactState& contact, const Claim& winner, Revision revision, const Fold& how) {
    const Word& word = *winner.word;
    if (!word.active) {
        if (!contact.active && contact.details) return false;
        // An ended word from before counts again only because the active one was withdrawn.
        const bool withdrawn = contact.active && word.order < how.first_new;
        if (!withdrawn) set_details(contact, word.details, revision);
        finish(contact, withdrawn ? how.withdrawn : word.event, revision);
        return true;
    }
    const TimePoint deadline = word.deadline ? *word.deadline : winner.publication->deadline;
    const Duration moved = deadline - contact.deadline;
    const bool own_clock = word.deadline.has_value();
    const bool began = !contact.active;
    const bool changed = began ||
                         (contact.details != word.details && *contact.details != *word.details) ||
                         own_clock != contact.own_clock ||
                         (own_clock && (moved > kDeadlineSlack || moved < -kDeadlineSlack));
    contact.active = true;
    set_details(contact, word.details, revision);
    contact.event = word.event;
    contact.own_clock = own_clock;
    contact.since = word.since;
    if (changed || !own_clock) contact.deadline = deadline;
    if (began) contact.became = revision;
    if (changed) contact.changed = revision;
    return changed;
}

void Merge::finish(ContactState& contact, ContactEvent event, Revision revision) {
    contact.active = false;
    contact.event = event;
    contact.became = revision;
    contact.changed = revision;
}

}  // namespace reginfo
