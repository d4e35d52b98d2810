#include "core/event/subscribe/subscription_changes.hpp"

#include "core/base/local_tag.hpp"
#include "core/event/records/dialog_storage.hpp"
#include "core/event/records/grants.hpp"
#include "core/event/records/implicit_sets.hpp"

#include <algorithm>
#include <utility>

namespace reginfo {
namespace {

/// That of a dialog that is made now.
Shard shard_in_tag(const DialogState& state) { return shard_in(state.local_tag()).value_or(0); }

/// How many watchers of an AOR are compared with a new one.
constexpr std::size_t kSameContact = 64;

bool is_any_owed(const DialogRecord& record) {
    return std::ranges::any_of(record.subscriptions, &SubscriptionRecord::owed);
}

}  // namespace

void SubscriptionChange::finish(TimePoint now, bool ok, Outbox& outbox) {
    ok ? owner->apply(now, *this, outbox) : owner->fail(now, *this, outbox);
}

void SubscriptionChange::drop(TimePoint now) { owner->drop(now, *this); }

void SubscriptionChanges::commit(
    TimePoint now,
    SubscriptionChange&& change,
    SubscribeRequest&& subscribe,
    Outbox& outbox
) {
    change.owner = this;
    change.shard = change.in_dialog ? shard_of(change.state) : shard_in_tag(change.state);
    change.event_id = std::move(subscribe.event_id);
    change.expires = subscribe.expires;
    change.profile = subscribe.profile;
    change.watcher = subscribe.watcher;
    change.rates = subscribe.rates;
    if (change.is_refresh && change.suppress) change.reply.status = 204;  // RFC 5839 §6.3
    if (change.suppress && *subscribe.condition == "*") change.known.reset();
    change.reply.expires = subscribe.expires;
    change.reply.makes_dialog = true;
    const bool fetch = !change.in_dialog && subscribe.expires.count() == 0;
    if (fetch) return apply(now, change, outbox);  // nothing of it lasts
    if (!change.is_refresh) reserve(change);
    std::vector<Write> writes = writes_of(now, change);
    changes_.commit(now, std::move(change), std::move(writes), outbox);
}

/// nullptr if there is none, or none any more. A new one is not looked for: nobody else has its
/// local tag.
Dialog* SubscriptionChanges::dialog_of(const SubscriptionChange& change) {
    return change.in_dialog ? subscriptions_.find(change.state.id()) : nullptr;
}

/// That of the dialog, if there is one still.
Shard SubscriptionChanges::shard_of(const DialogState& state) {
    const Dialog* const dialog = subscriptions_.find(state.id());
    return dialog ? dialog->shard : shard_in_tag(state);
}

/// Whoever comes meanwhile finds the subscription counted, and its AOR there.
void SubscriptionChanges::reserve(SubscriptionChange& change) {
    change.arrives_at = &aors_.find_or_create(change.aor);
    ++change.arrives_at->arriving;
    if (settings_.durable) subscriptions_.reserve(change.watcher);
}

void SubscriptionChanges::give_back(SubscriptionChange& change) {
    if (!change.arrives_at) return;
    --change.arrives_at->arriving;
    if (settings_.durable) subscriptions_.give_back(change.watcher);
}

/// The dialog as it will be: with the new, refreshed or ended subscription.
std::vector<Write> SubscriptionChanges::writes_of(TimePoint now, SubscriptionChange& change) {
    std::vector<Write> writes;
    if (!settings_.durable) return writes;
    DialogRecord& record = change.record;
    Dialog* const dialog = dialog_of(change);
    if (dialog) record.subscriptions = record_of(*dialog).subscriptions;
    record.state = change.state;
    record.state.local_cseq = (dialog ? dialog->state.local_cseq : 0) + kReservedRange;
    const auto same = [&](const SubscriptionRecord& s) { return s.event_id == change.event_id; };
    auto own = std::find_if(record.subscriptions.begin(), record.subscriptions.end(), same);
    if (own == record.subscriptions.end()) {
        own = record.subscriptions.insert(own, SubscriptionRecord{});
        own->event_id = change.event_id;
        own->aor = change.aor;
        own->aor_text = change.aor_text;
        own->watcher = change.watcher;
        own->profile = change.profile;
        own->version = kReservedRange;
        if (const Aor* aor = aors_.find(change.aor)) own->acked = aor->revision();
    }
    own->deadline = now + change.expires;
    own->rates = change.rates;
    own->owed = own->owed || change.reply.status != 204;
    own->has_accepted = dialog && dialog->has_accepted;
    if (change.expires.count() == 0) {
        // Its end is still to be told: whoever reads this after a crash does that.
        own->deadline = kLongOver;
        if (!own->owed) record.subscriptions.erase(own);
    }

    writes.push_back({Bucket::dialog, dialog_key(change.state), std::nullopt});
    if (!record.subscriptions.empty()) writes.back().value = encode(record, now);
    const bool is_new_there = is_any_owed(record) && !(dialog && dialog->is_unsettled);
    if (is_new_there) writes.push_back(unsettled_.entry_of(change.state));
    writes.push_back(responder_.write_of(change.draft, change.reply));
    return writes;
}

/// The change is durable: it takes effect, is answered, and followed by a NOTIFY.
void SubscriptionChanges::apply(TimePoint now, SubscriptionChange& change, Outbox& outbox) {
    give_back(change);
    Dialog* dialog = dialog_of(change);
    const std::optional<std::string_view> event_id = change.event_id;
    Subscription* subscription = dialog ? SubscriptionStore::find(*dialog, event_id) : nullptr;
    const bool gone = (change.in_dialog && !dialog) || (change.is_refresh && !subscription);
    if (gone) {  // a NOTIFY ended it while this was being stored
        responder_.respond(now, std::move(change.draft), refusal(481), outbox);
        if (dialog) {
            dialog->is_unsettled = dialog->is_unsettled || is_any_owed(change.record);
            unsettled_.told(now, *dialog);
            unlock_unchanged(now, *dialog, outbox);
        } else if (settings_.durable) {
            changes_.write(change.shard, {unsettled_.removal_of(change.state)}, outbox);
        }
        arrives_no_more(now, change, outbox);
        return;
    }
    if (dialog) {
        change.state.local_cseq = dialog->state.local_cseq;
        dialog->state = std::move(change.state);
        scheduler_.subscribed(*dialog);
        unlock(*dialog);
    } else {
        dialog = &subscriptions_.add(std::move(change.state));
    }
    if (!subscription) {
        Aor& aor = aors_.find_or_create(change.aor);
        subscription = &subscriptions_.add(*dialog, aor, change.watcher);
        subscription->name(change.event_id, change.aor_text);
        subscriptions_.set_profile(*subscription, change.profile);
    }
    const bool is_owed = is_any_owed(change.record);
    store_without_ended(changes_, now, *dialog, change.record, outbox);
    take_reservation(*dialog, change.record);
    dialog->is_unsettled = dialog->is_unsettled || (dialog->is_stored && is_owed);
    responder_.respond(now, std::move(change.draft), change.reply, outbox);
    subscription->deadline = now + change.expires;
    subscription->forget_known();
    if (change.suppress && !change.is_refresh) {
        subscription->set_extras().known_to_watcher = subscription->aor().revision();
    }
    if (change.expires.count() == 0) {
        ++(change.is_refresh ? stats_.subscriptions_ended_by_watcher : stats_.fetches);
        if (!change.is_refresh)
            observer_.subscription_changed(now, *subscription, SubscriptionEvent::fetched);
        if (change.reply.status == 204) return scheduler_.end_silently(now, *subscription, outbox);
        scheduler_.terminate(now, *subscription, TerminationReason::timeout, outbox);
        return;
    }
    ++(change.is_refresh ? stats_.subscriptions_refreshed : stats_.subscriptions_created);
    observer_.subscription_changed(
        now,
        *subscription,
        change.is_refresh ? SubscriptionEvent::refreshed : SubscriptionEvent::created
    );
    subscriptions_.expiries.set(*subscription, lives_until(settings_, *subscription));
    set_rates(settings_, now, *subscription, change.rates);
    subscriptions_.measure(*dialog);
    if (!change.is_refresh && traits_of(subscription->profile).one_per_contact) {
        end_same_contact(now, *subscription, outbox);
    }
    notify(now, change, *subscription, outbox);
}

/// The NOTIFY that follows a SUBSCRIBE, if one does.
void SubscriptionChanges::notify(
    TimePoint now,
    SubscriptionChange& change,
    Subscription& subscription,
    Outbox& outbox
) {
    if (moves_.follow(now, subscription, outbox)) return;
    if (has_lost_its_contacts(subscription)) {
        return fan_out_.notify_change(now, subscription, outbox);
    }
    if (change.reply.status != 204) return scheduler_.notify(now, subscription, true, outbox);
    unsettled_.told(now, subscription.dialog);
    if (change.known && subscription.due() != Due::nothing && !subscription.is_urgent() &&
        *change.known == subscription.aor().revision()) {
        subscription.set_sent();  // the watcher has it
    }
    if (change.known) acknowledgements_.take(now, subscription, *change.known);
    scheduler_.rearm(now, subscription.dialog, outbox);
}

/// Nothing has come of a new subscription.
void SubscriptionChanges::arrives_no_more(
    TimePoint now,
    const SubscriptionChange& change,
    Outbox& outbox
) {
    if (!change.arrives_at) return;
    unsettled_.look_whether_settled(now, *change.arrives_at);
    unused_aors_.drop_if_unused(*change.arrives_at, outbox);
}

void SubscriptionChanges::fail(TimePoint now, SubscriptionChange& change, Outbox& outbox) {
    responder_.respond(now, std::move(change.draft), refusal_unstored(), outbox);
    give_back(change);
    arrives_no_more(now, change, outbox);
    if (!change.in_dialog) return;
    Dialog* dialog = subscriptions_.find(change.state.id());
    if (dialog) unlock_unchanged(now, *dialog, outbox);
}

void SubscriptionChanges::drop(TimePoint now, SubscriptionChange& change) {
    responder_.abandon(change.draft.key);
    give_back(change);
    if (change.arrives_at) unused_aors_.watcher_left(now, *change.arrives_at);
}

void SubscriptionChanges::unlock_unchanged(TimePoint now, Dialog& dialog, Outbox& outbox) {
    DialogRecord record = record_of(dialog);
    store_without_ended(changes_, now, dialog, record, outbox);
    unlock(dialog);
    scheduler_.rearm(
        now, dialog, outbox
    );  // what waited for the CSeqs that the change would have brought
}

/// Lets in what waited, and looks again at what may have been due meanwhile.
void SubscriptionChanges::unlock(Dialog& dialog) {
    waiting_.release(dialog);
    for (const auto& subscription : dialog.subscriptions) {
        if (subscription->state == Subscription::State::terminated) continue;
        moves_.look_at(*subscription);
        subscriptions_.expiries.set(*subscription, lives_until(settings_, *subscription));
    }
}

/// A phone that starts again subscribes anew with the Contact that it had; a proxy has the same one
/// for all the identities that it watches. Only the newest watchers are compared, so that many of
/// them do not make this slow.
void SubscriptionChanges::end_same_contact(
    TimePoint now,
    const Subscription& fresh,
    Outbox& outbox
) {
    const std::string identity = identity_of(fresh);
    const auto is_older = [&](const Subscription& other) {
        return &other.dialog != &fresh.dialog && other.profile == fresh.profile &&
               other.state == Subscription::State::active && other.event_id() == fresh.event_id() &&
               !other.dialog.requests.is_locked &&
               other.dialog.state.remote_target() == fresh.dialog.state.remote_target() &&
               identity_of(other) == identity;
    };
    // One at a time: the end of one may be the end of others.
    for (bool any = true; any;) {
        any = false;
        std::size_t looked_at = 0;
        auto& watchers = fresh.aor().watchers;
        for (auto it = watchers.rbegin(); it != watchers.rend(); ++it) {
            if (++looked_at > kSameContact) break;
            if (!is_older(*it)) continue;
            scheduler_.terminate(now, *it, TerminationReason::timeout, outbox);
            any = true;
            break;
        }
    }
}

}  // namespace reginfo
