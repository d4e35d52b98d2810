/// @file
/// Watchers of an identity find the implicit registration set that lists it, wait for it, and move
/// to another one with it (TS 24.229 §5.4.2.1.1).

#include "core/bounds.hpp"
#include "core/event/records/dialog_storage.hpp"
#include "core/event/records/implicit_sets.hpp"
#include "core/event/subscribe/notifier.hpp"

#include <utility>

namespace reginfo {

/// Where another usage of the dialog finds what the dialog is about; nothing if that is registered
/// nowhere and must be.
std::optional<Notifier::Place> Notifier::place_of(const Subscription& like, Profile profile) {
    std::string identity = identity_of(like);
    if (!traits_of(profile).needs_contact) {
        Aor* const aor = records_.aors.find(identity);
        return Place{std::move(identity), aor};
    }
    Aor* const aor = registered_in(records_, identity);
    if (!aor) return std::nullopt;
    return Place{aor->name.string(), aor};
}

Reply Notifier::not_registered(Profile profile) const {
    Reply reply = refusal(480);
    reply.retry_after = traits_of(profile).retry_after_max;
    return reply;
}

/// A phone subscribes as soon as it is registered, and its registrar's PUBLISH may come later.
void Notifier::wait_for_publish(
    TimePoint now,
    const Request& request,
    std::string_view bytes,
    std::string_view identity,
    Profile profile,
    Outbox& outbox
) {
    const TimePoint until = request.wait_until.value_or(now + records_.settings.ims_hold);
    const bool may_wait = until > now && records_.stats.drain_phase == 0;
    const bool waits =
        may_wait && waiting_.hold_early(
                        identity, {request.key, request.flow, std::string(bytes), until}, outbox
                    );
    if (!waits) refuse(now, request, not_registered(profile), outbox);
}

void Notifier::registered(const Aor& aor) {
    if (!waiting_.has_early() && records_.strays.is_empty()) return;
    const auto let_in = [this](std::string_view identity) {
        const std::uint64_t key = records_.identities.key_of(identity);
        waiting_.registered(key);
        const auto* const strays = records_.strays.of(key);
        if (!strays) return;
        for (const Slot slot : *strays) {
            if (Subscription* const stray = records_.subscriptions.slots().at(slot)) {
                suspect(*stray);
            }
        }
    };
    if (aor.summary().contacts_active > 0) let_in(aor.name);
    if (!aor.summary().has_members) return;
    const StateReader state = aor.state();
    for (const SetMember& member : state->members) {
        if (member.state.has_active_contact()) let_in(member.aor);
    }
}

void Notifier::suspect(Subscription& subscription) {
    if (subscription.is_suspected || !traits_of(subscription.profile).needs_contact) return;
    subscription.is_suspected = true;
    suspects_.push_back(subscription.slot);
}

/// Looks at no more than `count`. Whoever has gone meanwhile has given its slot to another one,
/// whom it does no harm to be looked at. What a locked dialog kept from being ended is ended now.
void Notifier::follow_suspects(TimePoint now, std::size_t count, Outbox& outbox) {
    for (; count > 0 && !suspects_.empty(); --count) {
        Subscription* const subscription = records_.subscriptions.slots().at(suspects_.front());
        suspects_.pop_front();
        if (!subscription || follow(now, *subscription, outbox)) continue;
        if (!subscription->dialog.requests.is_locked && is_over(*subscription)) {
            scheduler_.terminate(now, *subscription, TerminationReason::deactivated, outbox);
        }
    }
}

/// Where what the subscription is to is not registered any more in the set that it is told of, and
/// is in another one, it moves there: then it may be gone afterwards. Else it stays, as a stray.
/// One whose refresh is being stored is looked at again after that (unlock). Returns whether it has
/// moved.
bool Notifier::follow(TimePoint now, Subscription& subscription, Outbox& outbox) {
    subscription.is_suspected = false;
    if (!traits_of(subscription.profile).needs_contact) return false;
    const bool is_active = subscription.state == Subscription::State::active;
    if (!is_active || subscription.dialog.requests.is_locked) return false;
    const std::string identity = identity_of(subscription);
    const bool is_there = is_registered_in(subscription.aor(), identity);
    Aor* const place = is_there ? nullptr : registered_in(records_, identity);
    records_.set_stray(subscription, !is_there);
    if (!place) return false;
    if (place->watcher_count + place->arriving >= records_.settings.limits.subscriptions_per_aor) {
        const Flow& flow = subscription.dialog.state.flow;
        note_refusal(Bound::subscriptions_per_aor, place->name, flow, records_.stats, outbox);
        return false;
    }
    move(now, subscription, *place, outbox);
    return true;
}

void Notifier::move(TimePoint now, Subscription& subscription, Aor& to, Outbox& outbox) {
    Aor& from = subscription.aor();
    Dialog& dialog = subscription.dialog;
    records_.set_stray(subscription, false);
    const auto& in_flight = dialog.in_flight;
    const bool is_told = in_flight && in_flight->subscription == &subscription;
    if (is_told) in_flight->carried = 0;  // nothing of what it says is of the other set
    subscription.forget_known();
    records_.subscriptions.move(subscription, to);
    records_.subscriptions.measure(dialog);
    subscription.set_due();  // also in the record
    if (records_.settings.durable && dialog.is_stored) {
        std::string record = encode(record_of(dialog), now);
        records_.changes.write(
            {Write{Bucket::dialog, dialog_key(dialog.state), std::move(record)}}, outbox
        );
    }
    records_.observe(now, subscription, SubscriptionEvent::moved);
    scheduler_.notify(now, subscription, true, outbox);
    records_.drop_if_unused(from, outbox);
}

}  // namespace reginfo
