/// @file
/// The other registrations of the implicit registration set, each merged as an AOR of its own.

#include "core/event/state/merge.hpp"
#include "core/sip/uri.hpp"

#include <algorithm>
#include <limits>
#include <utility>

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

}  // namespace

MergeReport Merge::publish(
    TimePoint now,
    EntityTag current,
    EntityTag next,
    TimePoint deadline,
    const Document& document,
    const Registration& own
) {
    const bool members = publish_members(now, current, next, deadline, document, own);
    const MergeReport report = publish_own(now, current, next, deadline, document, own);
    for (Publication& publication : state_.publications) {
        if (publication.etag == next) publication.others = document.registrations.size() - 1;
    }
    return joined(report, members);
}

/// Lets each member take part in a change, which has the next revision. Returns whether watchers
/// see a difference in one.
template <class Change>
bool Merge::change_members(Change change) {
    bool visible = false;
    for (SetMember& member : state_.members) {
        member.state.revision = state_.revision;
        const MergeReport report = change(member, Merge(member.aor, member.state, grace_));
        visible = visible || report.visible;
        given_up_by_members_ += report.words_given_up;
    }
    return visible;
}

bool Merge::publish_members(
    TimePoint now,
    EntityTag current,
    EntityTag next,
    TimePoint deadline,
    const Document& document,
    const Registration& own
) {
    if (state_.members.empty() && document.registrations.size() == 1) return false;
    std::vector<std::pair<std::string, const Registration*>> listed;
    for (const Registration& registration : document.registrations) {
        if (&registration == &own) continue;
        std::string name = canonical(registration.aor);
        const auto same = [&](const auto& other) { return other.first == name; };
        if (name == aor_ || std::any_of(listed.begin(), listed.end(), same)) continue;
        const bool known =
            std::any_of(state_.members.begin(), state_.members.end(), [&](const SetMember& member) {
                return member.aor == name;
            });
        if (!known) state_.members.push_back({name, {}});
        listed.emplace_back(std::move(name), &registration);
    }
    return change_members([&](SetMember& member, Merge merge) -> MergeReport {
        const EntityTag known = member.state.has_publication(current) ? current : EntityTag{0};
        const auto at = std::find_if(listed.begin(), listed.end(), [&](const auto& entry) {
            return entry.first == member.aor;
        });
        if (at != listed.end()) {
            const RegistrationState before = member.state.state();
            MergeReport report =
                merge.publish_own(now, known, next, deadline, document, *at->second);
            report.visible = report.visible || before != member.state.state();
            return report;
        }
        if (known == 0) return {};
        if (!document.full) return merge.refresh(known, next, deadline), MergeReport{};
        Registration left_out;
        left_out.aor = member.state.published_aor();
        left_out.state = RegistrationState::terminated;
        const MergeReport report =
            merge.publish_own(now, known, next, deadline, document, left_out);
        std::erase_if(member.state.publications, [&](const Publication& publication) {
            return publication.etag == next && publication.words.empty();
        });
        return report;
    });
}

void Merge::refresh_members(EntityTag current, EntityTag next, TimePoint deadline) {
    change_members([&](SetMember&, Merge merge) {
        merge.refresh(current, next, deadline);
        return MergeReport{};
    });
}

bool Merge::remove_members(EntityTag current) {
    return change_members([&](SetMember& member, Merge merge) {
        return member.state.has_publication(current) ? merge.remove(current) : MergeReport{};
    });
}

bool Merge::expire_members(TimePoint now) {
    return change_members([&](SetMember&, Merge merge) { return merge.expire(now); });
}

std::size_t Merge::forget_ended_of_members(Revision told, std::size_t keep) {
    std::size_t given_up = 0;
    change_members([&](SetMember&, Merge merge) {
        given_up += merge.forget_ended(told, keep);
        return MergeReport{};
    });
    std::erase_if(state_.members, is_over);
    return given_up;
}

/// Both parts of a change have one revision.
MergeReport Merge::joined(MergeReport own, bool members) {
    own.words_given_up += given_up_by_members_;
    if (own.visible) {
        state_.own_changed = state_.revision;
    } else if (members) {
        ++state_.revision;
        own.visible = true;
    }
    return own;
}

std::optional<TimePoint> next_deadline_of(const AorState& state, Duration grace) {
    std::optional<TimePoint> next;
    const auto consider = [&](TimePoint deadline) {
        if (!next || deadline < *next) next = deadline;
    };
    for (const SetMember& member : state.members) {
        if (const auto deadline = next_deadline_of(member.state, grace)) consider(*deadline);
    }
    for (const Publication& publication : state.publications) {
        consider(publication.deadline);
        for (const Word& word : publication.words) {
            if (word.active && word.deadline) consider(*word.deadline + grace);
        }
    }
    return next;
}

}  // namespace reginfo
