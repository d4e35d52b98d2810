#include "core/event/state/merge.hpp"

#include "core/sip/uri.hpp"
#include "core/sip/uri_comparison.hpp"

#include <algorithm>
#include <cassert>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace reginfo {
namespace {

std::string canonical(std::string_view aor) {
    const auto uri = sip::parse_uri(aor);
    auto name = uri ? sip::canonical_aor(*uri) : std::nullopt;
    return name ? std::move(*name) : std::string(aor);
}

bool is_over(const SetMember& member) {
    const AorState& state = member.state;
    return state.publications.empty() && state.contacts.empty() && state.tombstones.empty();
}

/// The registration of a member that a full document does not list: it ends.
MergeReport end_unlisted(SetMember& member, RegistrationMerge& merge, const Listing& listing) {
    Registration unlisted;
    unlisted.aor = member.state.published_aor();
    unlisted.state = RegistrationState::terminated;
    const MergeReport report = merge.publish({
        .now = listing.now,
        .current = listing.current,
        .next = listing.next,
        .deadline = listing.deadline,
        .is_full_document = listing.is_full_document,
        .registration = unlisted,
    });
    std::erase_if(member.state.publications, [&](const Publication& publication) {
        return publication.etag == listing.next && publication.words.empty();
    });
    return report;
}

}  // namespace

MergeReport Merge::publish(
    TimePoint now,
    EntityTag current,
    EntityTag next,
    TimePoint deadline,
    const Document& document,
    const Registration& own
) {
    assert(current == 0 || state_.has_publication(current));
    const Listing listing{
        .now = now,
        .current = current,
        .next = next,
        .deadline = deadline,
        .is_full_document = document.full,
        .registration = own,
    };
    const MergeReport members = publish_members(document, listing);
    const MergeReport report = own_.publish(listing);
    for (Publication& publication : state_.publications) {
        if (publication.etag == next) publication.others = document.registrations.size() - 1;
    }
    return joined(report, members);
}

/// Applies `change(member, its merge)` to each member, whose revision is the one of the AOR.
/// Returns whether watchers see a difference in one, and what was given up.
template <class Change>
MergeReport Merge::change_members(Change change) {
    MergeReport all;
    for (SetMember& member : state_.members) {
        member.state.revision = state_.revision;
        RegistrationMerge merge(member.aor, member.state, grace_);
        const MergeReport report = change(member, merge);
        all.visible = all.visible || report.visible;
        all.words_given_up += report.words_given_up;
    }
    return all;
}

MergeReport Merge::publish_members(const Document& document, const Listing& own) {
    if (state_.members.empty() && document.registrations.size() == 1) return {};
    std::vector<std::pair<std::string, const Registration*>> listed;
    for (const Registration& registration : document.registrations) {
        if (&registration == &own.registration) continue;
        std::string name = canonical(registration.aor);
        const auto has_name = [&](const auto& entry) { return entry.first == name; };
        if (name == aor_ || std::any_of(listed.begin(), listed.end(), has_name)) continue;
        const auto is_it = [&](const SetMember& member) { return member.aor == name; };
        if (std::none_of(state_.members.begin(), state_.members.end(), is_it)) {
            state_.members.push_back({name, {}});
        }
        listed.emplace_back(std::move(name), &registration);
    }
    return change_members([&](SetMember& member, RegistrationMerge& merge) -> MergeReport {
        const bool had_publication = member.state.has_publication(own.current);
        const EntityTag current = had_publication ? own.current : EntityTag{0};
        const auto entry = std::find_if(listed.begin(), listed.end(), [&](const auto& candidate) {
            return candidate.first == member.aor;
        });
        if (entry != listed.end()) {
            const RegistrationState before = member.state.state();
            MergeReport report = merge.publish({
                .now = own.now,
                .current = current,
                .next = own.next,
                .deadline = own.deadline,
                .is_full_document = own.is_full_document,
                .registration = *entry->second,
            });
            report.visible = report.visible || before != member.state.state();
            return report;
        }
        if (!had_publication) return {};
        if (own.is_full_document) return end_unlisted(member, merge, own);
        merge.refresh(current, own.next, own.deadline);
        return {};
    });
}

void Merge::refresh(EntityTag current, EntityTag next, TimePoint deadline) {
    assert(state_.has_publication(current));
    change_members([&](SetMember&, RegistrationMerge& merge) {
        merge.refresh(current, next, deadline);
        return MergeReport{};
    });
    own_.refresh(current, next, deadline);
}

MergeReport Merge::remove(EntityTag current) {
    assert(state_.has_publication(current));
    const MergeReport members = change_members([&](SetMember& member, RegistrationMerge& merge) {
        return member.state.has_publication(current) ? merge.remove(current) : MergeReport{};
    });
    return joined(own_.remove(current), members);
}

MergeReport Merge::end_contact(const Hash128& id, ContactEvent event) {
    return joined(own_.end_contact(id, event), {});
}

MergeReport Merge::expire(TimePoint now) {
    const MergeReport members =
        change_members([&](SetMember&, RegistrationMerge& merge) { return merge.expire(now); });
    return joined(own_.expire(now), members);
}

std::size_t Merge::forget_ended(Revision acknowledged, std::size_t keep) {
    std::size_t given_up = 0;
    change_members([&](SetMember&, RegistrationMerge& merge) {
        given_up += merge.forget_ended(acknowledged, keep);
        return MergeReport{};
    });
    std::erase_if(state_.members, is_over);
    return given_up + own_.forget_ended(acknowledged, keep);
}

/// Both parts of a change have one revision.
MergeReport Merge::joined(MergeReport own, const MergeReport& members) {
    own.words_given_up += members.words_given_up;
    if (own.visible) {
        state_.own_changed = state_.revision;
    } else if (members.visible) {
        ++state_.revision;
        own.visible = true;
    }
    return own;
}

}  // namespace reginfo
