/// @file

#include "core/event/notifier.hpp"

#include "core/event/durability.hpp"
#include "core/reginfo/document.hpp"
#include "core/sip/uri.hpp"

#include <algorithm>
#include <utility>

namespace reginfo {
namespace {

/// The Request-URI as the watcher wrote it, as far as it names the AOR.
std::string aor_text_of(std::string_view request_uri) {
    const auto uri = sip::parse_uri(request_uri);
    if (!uri || !uri->is_sip()) return std::string(request_uri.substr(0, request_uri.find(';')));
    const std::size_t end =
        uri->params.empty() && uri->headers.empty()
            ? request_uri.size()
            : request_uri.find_first_of(
                  ";?", static_cast<std::size_t>(uri->host.data() - request_uri.data())
              );
    return std::string(request_uri.substr(0, end));
}

/// Who watches, for bounds: the asserted identity, else From (DESIGN.md rule 10).
std::string_view watcher_identity(const Request& request) {
    const auto asserted = request.message.first(sip::HeaderName::p_asserted_identity);
    if (asserted) {
        sip::ValueList values(*asserted);
        const auto value = values.next();
        const auto address = value ? sip::parse_name_addr(*value) : std::nullopt;
        if (address) return address->uri;
    }
    return request.from.uri;
}

}  // namespace

/// A subscription that is made, refreshed or ended once that is durable.
struct Notifier::Change final : PendingChange {
    explicit Change(Notifier& notifier_) : notifier(notifier_) {}

    void finish(TimePoint now, bool ok, Outbox& outbox) override {
        ok ? notifier.apply(now, *this, outbox) : notifier.fail(now, *this, outbox);
    }

    Notifier& notifier;
    std::string aor;          ///< watched, where there is no subscription yet
    bool in_dialog = false;   ///< the dialog is there and locked
    bool is_refresh = false;  ///< the subscription is there as well
    DialogState state;        ///< of the dialog afterwards
    std::optional<std::string> event_id;
    Seconds expires{0};
    Profile profile = Profile::standard;
    std::uint64_t watcher = 0;
    std::string aor_text;
    ResponseDraft draft;
    Reply reply;
    DialogRecord record;  ///< as the store has it afterwards
};

void Notifier::refuse(TimePoint now, const Request& request, const Reply& reply, Outbox& outbox) {
    responder_.respond(now, responder_.draft(request), reply, outbox);
}

void Notifier::hold(
    TimePoint now,
    Turnstile& turnstile,
    const Request& request,
    std::string_view bytes,
    Outbox& outbox
) {
    if (records_.hold(turnstile, request.key, request.flow, bytes)) return;
    Reply busy = refusal(503);
    busy.retry_after = Seconds{1};
    refuse(now, request, busy, outbox);
}

void Notifier::handle_subscribe(
    TimePoint now,
    const Request& request,
    std::string_view bytes,
    Outbox& outbox
) {
    request.to.tag.empty() ? subscribe(now, request, bytes, outbox)
                           : resubscribe(now, request, bytes, outbox);
}

Result<Notifier::Wish> Notifier::read(const Request& request) const {
    const sip::Message& message = request.message;
    const auto event = event_of(message);
    if (!event) return event.error();
    Wish wish;
    if (event->id) wish.event_id = std::string(*event->id);
    if (message.count(sip::HeaderName::accept) > 0 && !sip::accepts(message, kReginfoType)) {
        return refusal(406);
    }
    const auto expires = expires_of(message, records_.settings.subscribe);
    if (!expires) return expires.error();
    wish.expires = *expires;

    sip::ValueList contacts(message, sip::HeaderName::contact);
    const auto contact = contacts.next();
    if (contact) {
        const auto address = sip::parse_name_addr(*contact);
        const auto uri = address ? sip::parse_uri(address->uri) : std::nullopt;
        if (!uri || !uri->is_sip()) return refusal(400, "Malformed Contact header");
        if (contacts.next()) return refusal(400, "Several Contacts");
        wish.party.target = address->uri;
    }
    sip::ValueList routes(message, sip::HeaderName::record_route);
    while (const auto route = routes.next()) {
        const auto address = sip::parse_name_addr(*route);
        const auto uri = address ? sip::parse_uri(address->uri) : std::nullopt;
        if (!uri || !uri->is_sip()) return refusal(400, "Malformed Record-Route header");
        wish.party.record_routes.push_back(*route);
    }
    wish.party.top_via = &request.top_via;
    wish.party.flow = request.flow;
    wish.profile = profile_for(message.first(sip::HeaderName::user_agent).value_or(""));
    wish.watcher = records_.subscriptions.watcher_of(watcher_identity(request));
    return wish;
}

/// A SUBSCRIBE outside of dialogs: makes one.
void Notifier::subscribe(
    TimePoint now,
    const Request& request,
    std::string_view bytes,
    Outbox& outbox
) {
    const Result<std::string> name = aor_of(request.message);
    if (!name) return refuse(now, request, name.error(), outbox);
    Result<Wish> wish = read(request);
    if (!wish) return refuse(now, request, wish.error(), outbox);
    if (wish->party.target.empty()) {
        return refuse(now, request, refusal(400, "Missing Contact header"), outbox);
    }
    Aor* aor = records_.aors.find(*name);
    if (aor && aor->turnstile.locked) return hold(now, aor->turnstile, request, bytes, outbox);

    auto change = std::make_unique<Change>(*this);
    change->draft = responder_.draft(request);
    change->state = make_dialog(
        request.message, wish->party, tag_text(responder_.to_tag(request)), request.cseq.number
    );
    if (const auto bound = bound_reached(aor, *wish, &change->state)) {
        return refuse(now, request, *bound, outbox);
    }
    change->aor = *name;
    change->aor_text = aor_text_of(request.message.request_uri);
    begin(now, std::move(change), std::move(*wish), outbox);
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
    if (dialog->turnstile.locked) {
        return hold(now, dialog->turnstile, request, bytes, outbox);
    }
    if (request.cseq.number <= dialog->state.remote_cseq) {  // RFC 3261 §12.2.2
        return refuse(now, request, refusal(500, "CSeq out of order"), outbox);
    }
    Result<Wish> wish = read(request);
    if (!wish) return refuse(now, request, wish.error(), outbox);
    const Subscription* subscription = SubscriptionStore::find(*dialog, wish->event_id);
    const bool over = subscription && subscription->state == Subscription::State::terminated;
    const Subscription& any = *dialog->subscriptions.front();
    const bool dead =
        std::all_of(dialog->subscriptions.begin(), dialog->subscriptions.end(), [](const auto& s) {
            return s->state == Subscription::State::terminated;
        });
    if (over || dead) return refuse(now, request, refusal(481), outbox);
    if (wish->party.target.empty()) wish->party.target = dialog->state.remote_target;

    auto change = std::make_unique<Change>(*this);
    change->draft = responder_.draft(request);
    change->state = dialog->state;
    refresh_target(change->state, wish->party, request.cseq.number);
    if (!subscription) {
        if (const auto bound = bound_reached(&any.aor, *wish, nullptr)) {
            return refuse(now, request, *bound, outbox);
        }
    }
    change->in_dialog = true;
    change->is_refresh = subscription != nullptr;
    change->aor = any.aor.name;
    change->aor_text = any.aor_text;
    dialog->turnstile.locked = true;
    begin(now, std::move(change), std::move(*wish), outbox);
}

void Notifier::begin(TimePoint now, std::unique_ptr<Change> change, Wish wish, Outbox& outbox) {
    change->event_id = std::move(wish.event_id);
    change->expires = wish.expires;
    change->profile = wish.profile;
    change->watcher = wish.watcher;
    change->reply.expires = wish.expires;
    change->reply.makes_dialog = true;
    const bool fetch = !change->in_dialog && wish.expires.count() == 0;
    if (fetch) return apply(now, *change, outbox);  // nothing of it lasts
    std::vector<Write> writes = writes_of(now, *change);
    records_.commits.begin(std::move(change), std::move(writes), outbox);
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
        if (const Aor* aor = records_.aors.find(change.aor)) own->acked = aor->state.revision;
    }
    own->deadline = now + change.expires;
    if (change.expires.count() == 0) record.subscriptions.erase(own);

    writes.push_back({Bucket::dialog, dialog_key(change.state), std::nullopt});
    if (!record.subscriptions.empty()) writes.back().value = encode(record, now);
    writes.push_back(responder_.write_of(change.draft, change.reply));
    return writes;
}

std::optional<Reply> Notifier::bound_reached(
    const Aor* aor,
    const Wish& wish,
    const DialogState* dialog
) {
    const Settings::Limits& limits = records_.settings.limits;
    std::optional<Bound> bound;
    if (dialog && dialog->bytes() > limits.dialog_state_bytes) {
        ++records_.stats.refused_by_bound[index_of(Bound::dialog_state)];
        return refusal(513);
    }
    if (aor && aor->watcher_count >= limits.subscriptions_per_aor) {
        bound = Bound::subscriptions_per_aor;
    } else if (records_.subscriptions.subscriptions_of(wish.watcher) >= limits.subscriptions_per_watcher) {
        bound = Bound::subscriptions_per_watcher;
    } else if (records_.subscriptions.size() >= limits.subscriptions) {
        bound = Bound::subscriptions;
    }
    if (!bound) return std::nullopt;
    ++records_.stats.refused_by_bound[index_of(*bound)];
    Reply reply = refusal(503, "Too many subscriptions");
    reply.retry_after = Seconds{60};
    return reply;
}

/// The change is durable: it takes effect, is answered, and followed by a NOTIFY.
void Notifier::apply(TimePoint now, Change& change, Outbox& outbox) {
    Stats& stats = records_.stats;
    Dialog* dialog = records_.subscriptions.find(change.state.id());
    const std::optional<std::string_view> event_id = change.event_id;
    Subscription* subscription = dialog ? SubscriptionStore::find(*dialog, event_id) : nullptr;
    const bool gone = (change.in_dialog && !dialog) || (change.is_refresh && !subscription);
    if (gone) {  // a NOTIFY ended it while this was being stored
        responder_.respond(now, std::move(change.draft), refusal(481), outbox);
        if (dialog) unlock(*dialog);
        return;
    }
    if (dialog) {
        change.state.local_cseq = dialog->state.local_cseq;
        dialog->state = std::move(change.state);
        sender_.reroute(*dialog);
        unlock(*dialog);
    } else {
        dialog = &records_.subscriptions.add(std::move(change.state));
    }
    if (!subscription) {
        Aor& aor = records_.aors.find_or_create(change.aor);
        records_.count_aors();
        subscription = &records_.subscriptions.add(*dialog, aor, change.watcher);
        subscription->event_id = std::move(change.event_id);
        subscription->aor_text = std::move(change.aor_text);
        subscription->profile = change.profile;
    }
    take_reservation(*dialog, change.record);
    responder_.respond(now, std::move(change.draft), change.reply, outbox);
    subscription->deadline = now + change.expires;
    if (change.expires.count() == 0) {
        ++(change.is_refresh ? stats.subscriptions_ended_by_watcher : stats.fetches);
        sender_.terminate(now, *subscription, TerminationReason::timeout, outbox);
        return;
    }
    ++(change.is_refresh ? stats.subscriptions_refreshed : stats.subscriptions_created);
    subscription->timer.set(records_.subscriptions.expiries, subscription->deadline, subscription);
    sender_.notify(now, *subscription, true, outbox);
}

void Notifier::fail(TimePoint now, Change& change, Outbox& outbox) {
    Reply reply = refusal(503, "State cannot be stored");
    reply.retry_after = Seconds{10};
    responder_.respond(now, std::move(change.draft), reply, outbox);
    if (!change.in_dialog) return;
    if (Dialog* dialog = records_.subscriptions.find(change.state.id())) unlock(*dialog);
}

/// Lets in what waited, and looks again at what may have been due meanwhile.
void Notifier::unlock(Dialog& dialog) {
    records_.release(dialog.turnstile);
    for (const auto& subscription : dialog.subscriptions) {
        if (subscription->state == Subscription::State::terminated) continue;
        subscription->timer.set(
            records_.subscriptions.expiries, subscription->deadline, subscription.get()
        );
    }
}

void Notifier::handle_expiry(TimePoint now, Subscription& subscription, Outbox& outbox) {
    subscription.timer.popped();
    if (subscription.dialog.turnstile.locked) return;  // a refresh is being stored; see unlock
    ++records_.stats.subscriptions_expired;
    sender_.terminate(now, subscription, TerminationReason::timeout, outbox);
}

void Notifier::aor_changed(Aor& aor) {
    if (aor.watcher_count == 0) return;
    if (!aor.fan_out) fan_outs_.push_back(&aor);
    aor.fan_out = aor.watchers.begin();
}

bool Notifier::run(TimePoint now, std::size_t count, Outbox& outbox) {
    while (count > 0 && !fan_outs_.empty()) {
        Aor& aor = *fan_outs_.front();
        WatcherList::iterator& at = *aor.fan_out;
        for (; count > 0 && at != aor.watchers.end(); --count) {
            Subscription& subscription = *at++;
            const auto& in_flight = subscription.dialog.in_flight;
            const bool on_its_way = in_flight && in_flight->subscription == &subscription &&
                                    in_flight->carried == aor.state.revision;
            if (subscription.acked == aor.state.revision || on_its_way ||
                subscription.state == Subscription::State::terminated) {
                continue;
            }
            sender_.notify(now, subscription, false, outbox);
        }
        if (at != aor.watchers.end()) break;
        fan_outs_.pop_front();
        aor.fan_out.reset();
        records_.drop_if_unused(aor, outbox);
    }
    return !fan_outs_.empty();
}

}  // namespace reginfo
