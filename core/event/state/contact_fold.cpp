#include "core/event/state/contact_fold.hpp"

#include "core/event/state/by_contact.hpp"
#include "core/event/state/precedence.hpp"

#include <boost/container/small_vector.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace reginfo {
namespace {

/// A deadline that moves by no more than this is the same one, rounded (RULES.md, "Work follows
/// change").
constexpr Duration kDeadlineSlack = std::chrono::seconds{2};

}  // namespace

MergeReport ContactFold::run() {
    const Claims claims = claims_of(state_);

    MergeReport report;
    report.visible = cause_.is_visible;
    ByContact<std::size_t> places;
    for (std::size_t i = 0; i < state_.contacts.size(); ++i) {
        places.try_emplace(state_.contacts[i].details->id, i);
    }
    boost::container::small_vector<bool, 8> has_claims(state_.contacts.size());

    std::vector<Word> tombstones;
    std::vector<std::pair<Order, ContactState>> new_contacts;
    for (std::size_t begin = 0; begin < claims.size();) {
        std::size_t end = begin + 1;
        const Hash128& id = claims[begin].details().id;
        while (end < claims.size() && claims[end].details().id == id) ++end;
        const std::span<const Claim> group(claims.data() + begin, end - begin);
        begin = end;

        const Winner winner = winner_of(group);
        report.conflicts += winner.conflicts;
        report.words_given_up += keep_tombstones(group, tombstones);

        if (const std::size_t* const place = places.find(id)) {
            has_claims[*place] = true;
            report.visible |= apply_winner(state_.contacts[*place], *winner.claim);
        } else if (winner.claim->word->active || winner.claim->word->order >= cause_.first_new) {
            ContactState contact;
            contact.active = false;
            apply_winner(contact, *winner.claim);
            report.visible = true;
            new_contacts.emplace_back(group.front().word->order, std::move(contact));
        }
    }
    for (std::size_t i = 0; i < has_claims.size(); ++i) {
        if (has_claims[i] || !state_.contacts[i].active) continue;
        end(state_.contacts[i], cause_.withdrawn);
        report.visible = true;
    }

    std::sort(new_contacts.begin(), new_contacts.end(), [](const auto& a, const auto& b) {
        return a.first < b.first;
    });
    for (auto& [order, contact] : new_contacts) state_.contacts.push_back(std::move(contact));
    state_.tombstones = std::move(tombstones);
    if (!state_.former_uris.empty()) tidy_former_uris();
    if (report.visible) state_.revision = revision_;
    return report;
}

/// Returns whether watchers see a difference (RULES.md, "Work follows change").
bool ContactFold::apply_winner(ContactState& contact, const Claim& winner) {
    return winner.word->active ? apply_active(contact, winner) : apply_ended(contact, *winner.word);
}

bool ContactFold::apply_ended(ContactState& contact, const Word& word) {
    if (!contact.active && contact.details) return false;
    // An older ended word wins again only because the active one was withdrawn.
    const bool is_withdrawn = contact.active && word.order < cause_.first_new;
    if (!is_withdrawn) set_details(contact, word.details);
    end(contact, is_withdrawn ? cause_.withdrawn : word.event);
    return true;
}

bool ContactFold::apply_active(ContactState& contact, const Claim& winner) {
    const Word& word = *winner.word;
    const TimePoint deadline = word.deadline ? *word.deadline : winner.publication->deadline;
    const Duration moved = deadline - contact.deadline;
    const bool own_clock = word.deadline.has_value();
    const bool is_new = !contact.active;
    const bool is_changed =
        is_new || (contact.details != word.details && *contact.details != *word.details) ||
        own_clock != contact.own_clock ||
        (own_clock && (moved > kDeadlineSlack || moved < -kDeadlineSlack));
    contact.active = true;
    set_details(contact, word.details);
    contact.event = word.event;
    contact.own_clock = own_clock;
    contact.since = word.since;
    if (is_changed || !own_clock) contact.deadline = deadline;
    if (is_new) contact.became = revision_;
    if (is_changed) contact.changed = revision_;
    return is_changed;
}

void ContactFold::end(ContactState& contact, ContactEvent event) {
    contact.active = false;
    contact.event = event;
    contact.became = revision_;
    contact.changed = revision_;
}

/// The same contact may have another URI now: the new address of an instance and flow, or another
/// spelling. Then the old URI is remembered as a former one.
void ContactFold::set_details(ContactState& contact, const DetailsPtr& details) {
    if (contact.details == details) return;
    if (contact.details && contact.details->uri_xml() != details->uri_xml()) {
        state_.former_uris.push_back({contact.details, revision_});
    }
    contact.details = details;
}

/// Keeps the last time that each URI was left, and none that an active contact has.
void ContactFold::tidy_former_uris() {
    std::vector<std::string_view> active_uris;
    for (const ContactState& contact : state_.contacts) {
        if (contact.active) active_uris.push_back(contact.details->uri_xml());
    }
    std::sort(active_uris.begin(), active_uris.end());
    auto& formers = state_.former_uris;
    const auto uri_of = [](const FormerUri& former) { return former.details->uri_xml(); };
    std::sort(formers.begin(), formers.end(), [&](const FormerUri& a, const FormerUri& b) {
        return uri_of(a) != uri_of(b) ? uri_of(a) < uri_of(b) : a.left > b.left;
    });
    const auto same = [&](const FormerUri& a, const FormerUri& b) {
        return uri_of(a) == uri_of(b);
    };
    formers.erase(std::unique(formers.begin(), formers.end(), same), formers.end());
    std::erase_if(formers, [&](const FormerUri& former) {
        return std::binary_search(active_uris.begin(), active_uris.end(), uri_of(former));
    });
}

}  // namespace reginfo
