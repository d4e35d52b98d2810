/// @file

#include "core/event/subscribe/notifier.hpp"

#include "core/bounds.hpp"
#include "core/event/notify/forbidden_place.hpp"
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
    note_refusal(bound, subject, request.flow, stats_, outbox);
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
    waiting.shard = request.shard;
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
    if (pending_.is_full(request.flow, outbox)) {
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
    const std::optional<std::string_view> name = request.aor;
    if (!name) return refuse(now, request, refusal(404), outbox);
    Result<SubscribeRequest> subscribe = read_subscribe(request, settings_, subscriptions_);
    if (!subscribe) return refuse(now, request, subscribe.error(), outbox);
    if (subscribe->party.target.empty()) {
        return refuse(now, request, refusal(400, "Missing Contact header"), outbox);
    }
    Aor* aor = aors_.find(*name);
    if (aor && aor->requests.is_locked) return hold(now, aor->requests, request, bytes, outbox);
    const ProfileTraits& traits = traits_of(subscribe->profile);
    if (traits.needs_contact) {
        aor = registered_in(aors_, shards_, *name);
        if (!aor) return wait_for_publish(now, request, bytes, *name, subscribe->profile, outbox);
        if (aor->requests.is_locked) return hold(now, aor->requests, request, bytes, outbox);
    }
    const std::string_view place = aor ? std::string_view(aor->name) : *name;

    SubscriptionChange change;
    change.draft = responder_.draft(request);
    change.state = make_dialog(
        request.message, subscribe->party, tag_text(responder_.to_tag(request)), request.cseq.number
    );
    if (forbids(now, *subscribe, change.state, request, outbox)) return;
    change.aor = place;
    change.aor_text = aor_text_of(request.message.request_uri, request.uri);
    change.suppress = !traits.always_body &&
                      is_condition_met(*subscribe, subscribe->profile, place, aor, change.aor_text);
    change.known = aor ? aor->revision() : Revision{0};
    if (const auto bound = bound_reached(aor, nullptr, change, *subscribe)) {
        return refuse_by(now, request, *bound, place, subscribe->profile, outbox);
    }
    changes_.commit(now, std::move(change), std::move(*subscribe), outbox);
}

/// A SUBSCRIBE within a dialog: refreshes or ends a subscription, or adds another one.
void Notifier::resubscribe(
    TimePoint now,
    const Request& request,
    std::string_view bytes,
    Outbox& outbox
) {
    Dialog* dialog = subscriptions_.find({request.call_id, request.to.tag, request.from.tag});
    if (!dialog) return refuse(now, request, refusal(481), outbox);
    if (dialog->requests.is_locked) {
        return hold(now, dialog->requests, request, bytes, outbox);
    }
    if (request.cseq.number <= dialog->state.remote_cseq) {  // RFC 3261 §12.2.2
        return refuse(now, request, refusal(500, "CSeq out of order"), outbox);
    }
    dialog->state.remote_cseq = request.cseq.number;  // whatever becomes of it
    Result<SubscribeRequest> subscribe = read_subscribe(request, settings_, subscriptions_);
    if (!subscribe) return refuse(now, request, subscribe.error(), outbox);
    const Subscription* subscription = SubscriptionStore::find(*dialog, subscribe->event_id);
    const bool over = subscription && subscription->state == Subscription::State::terminated;
    const Subscription& any = subscription ? *subscription : *dialog->subscriptions.front();
    const bool dead =
        std::all_of(dialog->subscriptions.begin(), dialog->subscriptions.end(), [](const auto& s) {
            return s->state == Subscription::State::terminated;
        });
    if (over || dead) return refuse(now, request, refusal(481), outbox);
    if (subscribe->party.target.empty()) subscribe->party.target = dialog->state.remote_target();

    SubscriptionChange change;
    change.draft = responder_.draft(request);
    change.state = dialog->state;
    refresh_target(change.state, subscribe->party, request.cseq.number);
    if (forbids(now, *subscribe, change.state, request, outbox)) return;
    change.in_dialog = true;
    change.is_refresh = subscription != nullptr;
    const Profile profile = subscription ? subscription->profile : subscribe->profile;
    const auto place = subscription ? AorPlace{any.aor().name.string(), &any.aor()}
                                    : moves_.place_of(any, profile);
    if (!place) return refuse(now, request, not_registered(profile), outbox);
    change.aor = place->name;
    change.aor_text = any.aor_text();
    change.suppress =
        (subscription || !traits_of(profile).always_body) &&
        is_condition_met(*subscribe, profile, place->name, place->aor, change.aor_text);
    change.known = place->aor ? place->aor->revision() : Revision{0};
    if (const auto bound = bound_reached(place->aor, dialog, change, *subscribe)) {
        return refuse_by(now, request, *bound, place->name, profile, outbox);
    }
    dialog->requests.is_locked = true;
    changes_.commit(now, std::move(change), std::move(*subscribe), outbox);
}

std::optional<Bound> Notifier::bound_reached(
    const Aor* aor,
    const Dialog* dialog,
    const SubscriptionChange& change,
    const SubscribeRequest& subscribe
) const {
    const Settings::Limits& limits = settings_.limits;
    std::size_t bytes = change.state.bytes();
    if (dialog) {
        for (const auto& usage : dialog->subscriptions) {
            bytes += usage_bytes(usage->event_id(), usage->aor_text());
        }
    }
    if (!change.is_refresh) bytes += usage_bytes(subscribe.event_id, change.aor_text);
    if (bytes > limits.dialog_state_bytes) return Bound::dialog_state;
    if (change.is_refresh) return std::nullopt;
    if (aor && aor->watcher_count + aor->arriving >= limits.subscriptions_per_aor) {
        return Bound::subscriptions_per_aor;
    }
    const std::size_t watched = subscriptions_.subscriptions_of(subscribe.watcher);
    if (watched >= limits.subscriptions_per_watcher) return Bound::subscriptions_per_watcher;
    if (subscriptions_.size_with_reserved() >= limits.subscriptions) return Bound::subscriptions;
    return std::nullopt;
}

void Notifier::handle_expiry(TimePoint now, Subscription& subscription, Outbox& outbox) {
    if (subscription.state == Subscription::State::terminated) {
        return scheduler_.drop_unsent(now, subscription, outbox);
    }
    if (subscription.dialog.requests.is_locked) return;  // a refresh is being stored; see unlock
    ++stats_.subscriptions_expired;
    scheduler_.terminate(now, subscription, TerminationReason::timeout, outbox);
}

/// Whether the dialog's requests would go to a forbidden place, the first route's or else the
/// Contact's: then the SUBSCRIBE is refused. They do not while they go back on the connection that
/// it came by.
bool Notifier::forbids(
    TimePoint now,
    const SubscribeRequest& subscribe,
    const DialogState& state,
    const Request& request,
    Outbox& outbox
) {
    const bool has_route = state.routes() > 0;
    const std::string_view place =
        has_route ? subscribe.route_leads_to : subscribe.contact_leads_to;
    if (place.empty() || state.reuse_connection) return false;
    std::string why(has_route ? "Record-Route" : "Contact");
    why.append(" leads to ").append(place);
    note_forbidden_place(why, request.flow, stats_, outbox);
    refuse(now, request, refusal(403, std::move(why)), outbox);
    return true;
}

Reply Notifier::not_registered(Profile profile) const {
    Reply reply = refusal(480);
    reply.retry_after = traits_of(profile).retry_after_max;
    return reply;
}

/// A phone subscribes as soon as it is registered, and the PUBLISH of its registrar may come later.
void Notifier::wait_for_publish(
    TimePoint now,
    const Request& request,
    std::string_view bytes,
    std::string_view identity,
    Profile profile,
    Outbox& outbox
) {
    const TimePoint until = request.wait_until.value_or(now + settings_.ims_hold);
    const bool may_wait = until > now && stats_.drain_phase == 0;
    const auto wait = [&] {
        return waiting_.hold_early(
            identity, {request.key, request.flow, std::string(bytes), until, request.shard}, outbox
        );
    };
    const bool waits = may_wait && wait();
    if (!waits) refuse(now, request, not_registered(profile), outbox);
}

}  // namespace reginfo
