/// @file

#include "core/event/subscribe/notifier.hpp"

#include "core/bounds.hpp"
#include "core/event/records/dialog_storage.hpp"
#include "core/event/records/implicit_sets.hpp"
#include "core/reginfo/document.hpp"
#include "core/sip/uri.hpp"

#include <algorithm>
#include <utility>

namespace reginfo {
namespace {

/// What a usage adds to a dialog's size: a little also without any text, so that a dialog cannot
/// have very many.
std::size_t usage_bytes(std::optional<std::string_view> event_id, std::string_view aor_text) {
    constexpr std::size_t kRecord = 128;
    return kRecord + aor_text.size() + (event_id ? event_id->size() : 0);
}

}  // namespace

/// A subscription that is made, refreshed or ended once that is durable.
struct Notifier::Change final : PendingChange {
    explicit Change(Notifier& notifier_) : notifier(notifier_) {}

    void finish(TimePoint now, bool ok, Outbox& outbox) override {
        ok ? notifier.apply(now, *this, outbox) : notifier.fail(now, *this, outbox);
    }

    Notifier& notifier;
    std::string aor;            ///< watched, where there is no subscription yet
    Aor* arrives_at = nullptr;  ///< the same, while a new subscription is being stored
    bool in_dialog = false;     ///< the dialog is there and locked
    bool is_refresh = false;    ///< the subscription is there as well
    DialogState state;          ///< of the dialog afterwards
    std::optional<std::string> event_id;
    Seconds expires{0};
    Profile profile = Profile::standard;
    std::uint64_t watcher = 0;
    std::string aor_text;
    Rates rates;
    bool suppress = false;          ///< Suppress-If-Match is met (RFC 5839)
    std::optional<Revision> known;  ///< which the watcher has, as it said
    ResponseDraft draft;
    Reply reply;
    DialogRecord record;  ///< as the store has it afterwards
};

void Notifier::refuse(TimePoint now, const Request& request, const Reply& reply, Outbox& outbox) {
    responder_.respond(now, responder_.draft(request), reply, outbox);
}

void Notifier::refuse_by(
    TimePoint now,
    const Request& request,
    Bound bound,
    std::string_view subject,
    Profile profile,
    Outbox& outbox
) {
    note_refusal(bound, subject, request.flow, records_.stats, outbox);
    if (bound == Bound::dialog_state) return refuse(now, request, refusal(513), outbox);
    Reply reply = refusal(503, "Too many subscriptions");
    reply.retry_after = traits_of(profile).retry_after_max;
    refuse(now, request, reply, outbox);
}

void Notifier::hold(
    TimePoint now,
    RequestQueue& queue,
    const Request& request,
    std::string_view bytes,
    Outbox& outbox
) {
    WaitingRequest waiting{request.key, request.flow, std::string(bytes), {}};
    waiting.wait_until = request.wait_until;
    if (!waiting_.hold(queue, std::move(waiting), outbox)) {
        refuse(now, request, refusal_for_now(), outbox);
    }
}

void Notifier::handle_subscribe(
    TimePoint now,
    const Request& request,
    std::string_view bytes,
    Outbox& outbox
) {
    if (records_.changes.is_full(request.flow, outbox)) {
        return refuse(now, request, refusal_for_now(), outbox);
    }
    request.to.tag.empty() ? subscribe(now, request, bytes, outbox)
                           : resubscribe(now, request, bytes, outbox);
}

/// A SUBSCRIBE outside of dialogs: makes one.
void Notifier::subscribe(
    TimePoint now,
    const Request& request,
    std::string_view bytes,
    Outbox& outbox
) {
    std::string text;
    const Result<std::string_view> name = aor_of(request.uri, text);
    if (!name) return refuse(now, request, name.error(), outbox);
    Result<Wish> wish = read(request);
    if (!wish) return refuse(now, request, wish.error(), outbox);
    if (wish->party.target.empty()) {
        return refuse(now, request, refusal(400, "Missing Contact header"), outbox);
    }
    Aor* aor = records_.aors.find(*name);
    if (aor && aor->requests.is_locked) return hold(now, aor->requests, request, bytes, outbox);
    const ProfileTraits& traits = traits_of(wish->profile);
    if (traits.needs_contact) {
        aor = registered_in(records_, *name);
        if (!aor) return wait_for_publish(now, request, bytes, *name, wish->profile, outbox);
        if (aor->requests.is_locked) return hold(now, aor->requests, request, bytes, outbox);
    }
    const std::string_view place = aor ? std::string_view(aor->name) : *name;

    Change change(*this);
    change.draft = responder_.draft(request);
    change.state = make_dialog(
        request.message, wish->party, tag_text(responder_.to_tag(request)), request.cseq.number
    );
    if (forbids(now, *wish, change.state, request, outbox)) return;
    change.aor = place;
    change.aor_text = aor_text_of(request.message.request_uri);
    change.suppress =
        !traits.always_body && is_met(*wish, wish->profile, place, aor, change.aor_text);
    change.known = aor ? aor->revision() : Revision{0};
    if (const auto bound = bound_reached(aor, nullptr, change, *wish)) {
        return refuse_by(now, request, *bound, place, wish->profile, outbox);
    }
    begin(now, change, std::move(*wish), outbox);
}

/// A SUBSCRIBE within a dialog: refreshes or ends a subscription, or adds another one.
void Notifier::resubscribe(
    TimePoint now,
    const Request& request,
    std::string_view bytes,
    Outbox& outbox
) {
    Dialog* dialog =
        records_.subscriptions.find({request.call_id, request.to.tag, request.from.tag});
    if (!dialog) return refuse(now, request, refusal(481), outbox);
    if (dialog->requests.is_locked) {
        return hold(now, dialog->requests, request, bytes, outbox);
    }
    if (request.cseq.number <= dialog->state.remote_cseq) {  // RFC 3261 §12.2.2
        return refuse(now, request, refusal(500, "CSeq out of order"), outbox);
    }
    dialog->state.remote_cseq = request.cseq.number;  // whatever becomes of it
    Result<Wish> wish = read(request);
    if (!wish) return refuse(now, request, wish.error(), outbox);
    const Subscription* subscription = SubscriptionStore::find(*dialog, wish->event_id);
    const bool over = subscription && subscription->state == Subscription::State::terminated;
    const Subscription& any = subscription ? *subscription : *dialog->subscriptions.front();
    const bool dead =
        std::all_of(dialog->subscriptions.begin(), dialog->subscriptions.end(), [](const auto& s) {
            return s->state == Subscription::State::terminated;
        });
    if (over || dead) return refuse(now, request, refusal(481), outbox);
    if (wish->party.target.empty()) wish->party.target = dialog->state.remote_target();

    Change change(*this);
    change.draft = responder_.draft(request);
    change.state = dialog->state;
    refresh_target(change.state, wish->party, request.cseq.number);
    if (forbids(now, *wish, change.state, request, outbox)) return;
    change.in_dialog = true;
    change.is_refresh = subscription != nullptr;
    const Profile profile = subscription ? subscription->profile : wish->profile;
    const auto place =
        subscription ? Place{any.aor().name.string(), &any.aor()} : place_of(any, profile);
    if (!place) return refuse(now, request, not_registered(profile), outbox);
    change.aor = place->name;
    change.aor_text = any.aor_text();
    change.suppress = (subscription || !traits_of(profile).always_body) &&
                      is_met(*wish, profile, place->name, place->aor, change.aor_text);
    change.known = place->aor ? place->aor->revision() : Revision{0};
    if (const auto bound = bound_reached(place->aor, dialog, change, *wish)) {
        return refuse_by(now, request, *bound, place->name, profile, outbox);
    }
    dialog->requests.is_locked = true;
    begin(now, change, std::move(*wish), outbox);
}

void Notifier::begin(TimePoint now, Change& change, Wish wish, Outbox& outbox) {
    change.event_id = std::move(wish.event_id);
    change.expires = wish.expires;
    change.profile = wish.profile;
    change.watcher = wish.watcher;
    change.rates = wish.rates;
    if (change.is_refresh && change.suppress) change.reply.status = 204;  // RFC 5839 §6.3
    if (change.suppress && *wish.condition == "*") change.known.reset();
    change.reply.expires = wish.expires;
    change.reply.makes_dialog = true;
    const bool fetch = !change.in_dialog && wish.expires.count() == 0;
    if (fetch) return apply(now, change, outbox);  // nothing of it lasts
    if (!change.is_refresh) reserve(change);
    std::vector<Write> writes = writes_of(now, change);
    records_.changes.commit(now, std::move(change), std::move(writes), outbox);
}

/// Whoever comes meanwhile finds the subscription counted, and its AOR there.
void Notifier::reserve(Change& change) {
    change.arrives_at = &records_.find_or_create(change.aor);
    ++change.arrives_at->arriving;
    if (records_.settings.durable) records_.subscriptions.reserve(change.watcher);
}

void Notifier::give_back(Change& change) {
    if (!change.arrives_at) return;
    --change.arrives_at->arriving;
    if (records_.settings.durable) records_.subscriptions.give_back(change.watcher);
}

/// The dialog as it will be: with the new, refreshed or ended subscription.
std::vector<Write> Notifier::writes_of(TimePoint now, Change& change) {
    std::vector<Write> writes;
    if (!records_.settings.durable) return writes;
    DialogRecord& record = change.record;
    Dialog* dialog = records_.subscriptions.find(change.state.id());
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
        if (const Aor* aor = records_.aors.find(change.aor)) own->acked = aor->revision();
    }
    own->deadline = now + change.expires;
    own->rates = change.rates;
    own->owed = change.reply.status != 204;
    own->has_accepted = dialog && dialog->has_accepted;
    if (change.expires.count() == 0) {
        // Its end is still to be told: whoever reads this after a crash does that.
        own->deadline = kLongOver;
        if (!own->owed) record.subscriptions.erase(own);
    }

    writes.push_back({Bucket::dialog, dialog_key(change.state), std::nullopt});
    if (!record.subscriptions.empty()) writes.back().value = encode(record, now);
    if (!is_reliable(change.draft.to.transport)) {
        writes.push_back(responder_.write_of(change.draft, change.reply));
    }
    return writes;
}

std::optional<Bound> Notifier::bound_reached(
    const Aor* aor,
    const Dialog* dialog,
    const Change& change,
    const Wish& wish
) const {
    const Settings::Limits& limits = records_.settings.limits;
    std::size_t bytes = change.state.bytes();
    if (dialog) {
        for (const auto& usage : dialog->subscriptions) {
            bytes += usage_bytes(usage->event_id(), usage->aor_text());
        }
    }
    if (!change.is_refresh) bytes += usage_bytes(wish.event_id, change.aor_text);
    if (bytes > limits.dialog_state_bytes) return Bound::dialog_state;
    if (change.is_refresh) return std::nullopt;
    if (aor && aor->watcher_count + aor->arriving >= limits.subscriptions_per_aor) {
        return Bound::subscriptions_per_aor;
    }
    const std::size_t watched = records_.subscriptions.subscriptions_of(wish.watcher);
    if (watched >= limits.subscriptions_per_watcher) return Bound::subscriptions_per_watcher;
    if (records_.subscriptions.size_with_reserved() >= limits.subscriptions)
        return Bound::subscriptions;
    return std::nullopt;
}

/// The change is durable: it takes effect, is answered, and followed by a NOTIFY.
void Notifier::apply(TimePoint now, Change& change, Outbox& outbox) {
    Stats& stats = records_.stats;
    give_back(change);
    Dialog* dialog = records_.subscriptions.find(change.state.id());
    const std::optional<std::string_view> event_id = change.event_id;
    Subscription* subscription = dialog ? SubscriptionStore::find(*dialog, event_id) : nullptr;
    const bool gone = (change.in_dialog && !dialog) || (change.is_refresh && !subscription);
    if (gone) {  // a NOTIFY ended it while this was being stored
        responder_.respond(now, std::move(change.draft), refusal(481), outbox);
        if (dialog) unlock_unchanged(now, *dialog, outbox);
        if (change.arrives_at) records_.drop_if_unused(*change.arrives_at, outbox);
        return;
    }
    if (dialog) {
        change.state.local_cseq = dialog->state.local_cseq;
        dialog->state = std::move(change.state);
        scheduler_.subscribed(*dialog);
        unlock(*dialog);
    } else {
        dialog = &records_.subscriptions.add(std::move(change.state));
    }
    if (!subscription) {
        Aor& aor = records_.find_or_create(change.aor);
        subscription = &records_.subscriptions.add(*dialog, aor, change.watcher);
        subscription->name(change.event_id, change.aor_text);
        records_.subscriptions.set_profile(*subscription, change.profile);
    }
    store_without_ended(records_.changes, now, *dialog, change.record, outbox);
    take_reservation(*dialog, change.record);
    responder_.respond(now, std::move(change.draft), change.reply, outbox);
    subscription->deadline = now + change.expires;
    subscription->forget_known();
    if (change.suppress && !change.is_refresh) {
        subscription->set_extras().known_to_watcher = subscription->aor().revision();
    }
    if (change.expires.count() == 0) {
        ++(change.is_refresh ? stats.subscriptions_ended_by_watcher : stats.fetches);
        if (!change.is_refresh) records_.observe(now, *subscription, SubscriptionEvent::fetched);
        if (change.reply.status == 204) return scheduler_.end_silently(now, *subscription, outbox);
        scheduler_.terminate(now, *subscription, TerminationReason::timeout, outbox);
        return;
    }
    ++(change.is_refresh ? stats.subscriptions_refreshed : stats.subscriptions_created);
    records_.observe(
        now,
        *subscription,
        change.is_refresh ? SubscriptionEvent::refreshed : SubscriptionEvent::created
    );
    records_.subscriptions.expiries.set(*subscription, records_.lives_until(*subscription));
    records_.set_rates(now, *subscription, change.rates);
    records_.subscriptions.measure(*dialog);
    if (!change.is_refresh && traits_of(subscription->profile).one_per_contact) {
        end_same_contact(now, *subscription, outbox);
    }
    tell(now, change, *subscription, outbox);
}

/// The NOTIFY that follows a SUBSCRIBE, if one does.
void Notifier::tell(TimePoint now, Change& change, Subscription& subscription, Outbox& outbox) {
    if (follow(now, subscription, outbox)) return;
    if (is_over(subscription)) return tell_change(now, subscription, outbox);
    if (change.reply.status != 204) return scheduler_.notify(now, subscription, true, outbox);
    if (change.known && subscription.is_due() && !subscription.is_urgent() &&
        *change.known == subscription.aor().revision()) {
        subscription.set_told();  // that news has arrived
    }
    if (change.known) records_.acknowledge(subscription, *change.known);
    scheduler_.rearm(now, subscription.dialog, outbox);
}

void Notifier::fail(TimePoint now, Change& change, Outbox& outbox) {
    Reply reply = refusal(503, "State cannot be stored");
    reply.retry_after = Seconds{10};
    responder_.respond(now, std::move(change.draft), reply, outbox);
    give_back(change);
    if (change.arrives_at) records_.drop_if_unused(*change.arrives_at, outbox);
    if (!change.in_dialog) return;
    Dialog* dialog = records_.subscriptions.find(change.state.id());
    if (dialog) unlock_unchanged(now, *dialog, outbox);
}

void Notifier::unlock_unchanged(TimePoint now, Dialog& dialog, Outbox& outbox) {
    DialogRecord record = record_of(dialog);
    store_without_ended(records_.changes, now, dialog, record, outbox);
    unlock(dialog);
    scheduler_.rearm(
        now, dialog, outbox
    );  // what waited for the CSeqs that the change would have brought
}

/// Lets in what waited, and looks again at what may have been due meanwhile.
void Notifier::unlock(Dialog& dialog) {
    waiting_.release(dialog);
    for (const auto& subscription : dialog.subscriptions) {
        if (subscription->state == Subscription::State::terminated) continue;
        suspect(*subscription);
        records_.subscriptions.expiries.set(*subscription, records_.lives_until(*subscription));
    }
}

void Notifier::handle_expiry(TimePoint now, Subscription& subscription, Outbox& outbox) {
    if (subscription.state == Subscription::State::terminated) {
        return scheduler_.drop_untold(now, subscription, outbox);
    }
    if (subscription.dialog.requests.is_locked) return;  // a refresh is being stored; see unlock
    ++records_.stats.subscriptions_expired;
    scheduler_.terminate(now, subscription, TerminationReason::timeout, outbox);
}

}  // namespace reginfo
