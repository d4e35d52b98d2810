/// @file

#include "core/event/records/implicit_sets.hpp"

#include "core/sip/uri.hpp"
#include "core/sip/uri_comparison.hpp"

#include <algorithm>
#include <optional>

namespace reginfo {
namespace {

/// When its last contact there ends; nothing if it has no active one.
std::optional<TimePoint> lasts_until(const AorState& state, std::string_view identity) {
    std::optional<TimePoint> until;
    for (const SetMember& member : state.members) {
        if (member.aor != identity) continue;
        for (const ContactState& contact : member.state.contacts) {
            if (contact.active) until = std::max(until, std::optional(contact.deadline));
        }
    }
    return until;
}

}  // namespace

std::string identity_of(const Subscription& subscription) {
    const std::string_view text = subscription.aor_text();
    return text == subscription.aor().name ? std::string(text) : identity_of(text);
}

std::string identity_of(std::string_view aor_text) {
    const auto uri = sip::parse_uri(aor_text);
    auto name = uri ? sip::canonical_aor(*uri) : std::nullopt;
    return name ? std::move(*name) : std::string(aor_text);
}

bool is_registered_in(const Aor& aor, std::string_view identity) {
    if (aor.name == identity) return aor.summary().contacts_active > 0;
    return aor.summary().has_members && lasts_until(*aor.state(), identity);
}

Aor* registered_in(AorTable& aors, const OpenShards& shards, std::string_view identity) {
    Aor* const own = aors.find(identity);
    if (own && own->summary().contacts_active > 0) return own;
    Aor* best = nullptr;
    std::optional<TimePoint> best_until;
    for (const Slot slot : aors.identities.holders_of(identity)) {
        Aor* const aor = aors.slots().at(slot);
        const bool is_there = aor && shards.has(aor->shard);
        const auto until = is_there ? lasts_until(*aor->state(), identity) : std::nullopt;
        if (!until || until < best_until) continue;
        if (until == best_until && std::string_view(aor->name) > best->name) continue;
        best = aor;
        best_until = until;
    }
    return best;
}

bool has_lost_its_contacts(const Subscription& subscription) {
    const Aor& aor = subscription.aor();
    if (!traits_of(subscription.profile).needs_contact || aor.summary().contacts_active > 0) {
        return false;
    }
    if (!aor.summary().has_members) return true;
    const StateReader state = aor.state();
    return std::none_of(state->members.begin(), state->members.end(), [](const SetMember& member) {
        return member.state.has_active_contact();
    });
}

}  // namespace reginfo
