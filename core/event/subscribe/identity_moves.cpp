#include "core/event/subscribe/identity_moves.hpp"

#include "core/bounds.hpp"
#include "core/event/records/dialog_storage.hpp"
#include "core/event/records/implicit_sets.hpp"

#include <string_view>
#include <utility>
#include <vector>

namespace reginfo {

std::optional<AorPlace> IdentityMoves::place_of(const Subscription& like, Profile profile) {
    std::string identity = identity_of(like);
    if (!traits_of(profile).needs_contact) {
        Aor* const aor = aors_.find(identity);
        return AorPlace{std::move(identity), aor};
    }
    Aor* const aor = registered_in(aors_, shards_, identity);
    if (!aor) return std::nullopt;
    return AorPlace{aor->name.string(), aor};
}

void IdentityMoves::registered(const Aor& aor) {
    if (!waiting_.has_early() && strays_.is_empty()) return;
    const auto is_registered = [this](std::string_view identity) {
        const std::uint64_t key = aors_.identities.key_of(identity);
        waiting_.registered(key);
        const auto* const strays = strays_.of(key);
        if (!strays) return;
        for (const Slot slot : *strays) {
            if (Subscription* const stray = subscriptions_.slots().at(slot)) {
                look_at(*stray);
            }
        }
    };
    if (aor.summary().contacts_active > 0) is_registered(aor.name);
    if (!aor.summary().has_members) return;
    const StateReader state = aor.state();
    for (const SetMember& member : state->members) {
        if (member.state.has_active_contact()) is_registered(member.aor);
    }
}

void IdentityMoves::look_at(Subscription& subscription) {
    if (subscription.may_move || !traits_of(subscription.profile).needs_contact) return;
    subscription.may_move = true;
    may_move_.push_back(subscription.slot);
}

/// A subscription that is gone has left its slot to another one, for which a look does no harm.
/// What a locked dialog kept from being ended is ended now.
bool IdentityMoves::run(TimePoint now, std::size_t count, Outbox& outbox) {
    for (; count > 0 && !may_move_.empty(); --count) {
        Subscription* const subscription = subscriptions_.slots().at(may_move_.front());
        may_move_.pop_front();
        if (!subscription || !shards_.has(subscription->dialog.shard)) continue;
        if (follow(now, *subscription, outbox)) continue;
        if (!subscription->dialog.requests.is_locked && has_lost_its_contacts(*subscription)) {
            scheduler_.terminate(now, *subscription, TerminationReason::deactivated, outbox);
        }
    }
    return !may_move_.empty();
}

bool IdentityMoves::follow(TimePoint now, Subscription& subscription, Outbox& outbox) {
    subscription.may_move = false;
    if (!traits_of(subscription.profile).needs_contact) return false;
    const bool is_active = subscription.state == Subscription::State::active;
    if (!is_active || subscription.dialog.requests.is_locked) return false;
    const std::string identity = identity_of(subscription);
    const bool is_there = is_registered_in(subscription.aor(), identity);
    Aor* const place = is_there ? nullptr : registered_in(aors_, shards_, identity);
    strays_.set(subscription, !is_there);
    if (!place) return false;
    if (place->watcher_count + place->arriving >= settings_.limits.subscriptions_per_aor) {
        const Flow& flow = subscription.dialog.state.flow;
        note_refusal(Bound::subscriptions_per_aor, place->name, flow, stats_, outbox);
        return false;
    }
    move(now, subscription, *place, outbox);
    return true;
}

void IdentityMoves::move(TimePoint now, Subscription& subscription, Aor& to, Outbox& outbox) {
    Aor& from = subscription.aor();
    Dialog& dialog = subscription.dialog;
    strays_.set(subscription, false);
    const auto& in_flight = dialog.in_flight;
    const bool is_told = in_flight && in_flight->subscription == &subscription;
    if (is_told) in_flight->carried = 0;  // its document has nothing of the other set
    subscription.forget_known();
    subscriptions_.move(subscription, to);
    subscriptions_.measure(dialog);
    subscription.set_due();  // also in the record
    if (settings_.durable && dialog.is_stored) {
        std::vector<Write> writes{
            {Bucket::dialog, dialog_key(dialog.state), encode(record_of(dialog), now)}
        };
        if (!std::exchange(dialog.is_unsettled, true)) {
            writes.push_back(unsettled_.entry_of(dialog.state));
        }
        changes_.write(dialog.shard, std::move(writes), outbox);
    }
    unsettled_.look_whether_settled(now, from);
    observer_.subscription_changed(now, subscription, SubscriptionEvent::moved);
    scheduler_.notify(now, subscription, true, outbox);
    unused_aors_.drop_if_unused(from, outbox);
}

}  // namespace reginfo
