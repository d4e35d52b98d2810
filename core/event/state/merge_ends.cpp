/// @file
/// What has ended and is still to be told: how long that is remembered.

#include "core/event/state/merge.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace reginfo {
namespace {

/// Forgets what ended at or before `told`, and the oldest beyond `keep`. Returns how many the
/// latter were.
/// @param end_of  when one ended; nothing if it has not
template <class Things, class EndOf>
std::size_t forget_oldest(Things& things, EndOf end_of, Revision told, std::size_t keep) {
    std::erase_if(things, [&](const auto& one) {
        const std::optional<Revision> end = end_of(one);
        return end && *end <= told;
    });
    if (things.size() <= keep) return 0;
    std::vector<Revision> ends;
    for (const auto& one : things) {
        if (const std::optional<Revision> end = end_of(one)) ends.push_back(*end);
    }
    if (ends.size() <= keep) return 0;
    const auto cut = ends.begin() + static_cast<std::ptrdiff_t>(ends.size() - keep - 1);
    std::nth_element(ends.begin(), cut, ends.end());
    return std::erase_if(things, [&](const auto& one) {
        const std::optional<Revision> end = end_of(one);
        return end && *end <= *cut;
    });
}

}  // namespace

/// Its URI may be another one now, of the same identity: another address of one instance and flow,
/// or another spelling.
void Merge::set_details(ContactState& contact, const DetailsPtr& details, Revision revision) {
    if (contact.details == details) return;
    if (contact.details && contact.details->uri_xml() != details->uri_xml()) {
        state_.former_uris.push_back({contact.details, revision});
    }
    contact.details = details;
}

/// Of several times that a URI was left the last counts, and none while a contact has it.
void Merge::tidy_former_uris() {
    std::vector<std::string_view> taken;
    for (const ContactState& contact : state_.contacts) {
        if (contact.active) taken.push_back(contact.details->uri_xml());
    }
    std::sort(taken.begin(), taken.end());
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
        return std::binary_search(taken.begin(), taken.end(), uri_of(former));
    });
}

std::size_t Merge::forget_ended(Revision told, std::size_t keep) {
    const std::size_t of_members = forget_ended_of_members(told, keep);
    const auto ended_at = [](const ContactState& contact) {
        return contact.active ? std::nullopt : std::optional(contact.became);
    };
    const auto left_at = [](const FormerUri& former) { return std::optional(former.left); };
    return of_members + forget_oldest(state_.contacts, ended_at, told, keep) +
           forget_oldest(state_.former_uris, left_at, told, keep);
}

}  // namespace reginfo
