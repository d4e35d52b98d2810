/// @file
/// How a NOTIFY ends: by its answer, by none, or because something newer is to be said.

#include "core/event/durability.hpp"
#include "core/event/forbidden_place.hpp"
#include "core/event/notify_sender.hpp"
#include "core/sip/uri.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>
#include <vector>

namespace reginfo {
namespace {

/// What is believed of a Retry-After.
constexpr Seconds kRetryAfterMin{1};
constexpr Seconds kRetryAfterMax{86'400};

/// Whether the Via is of a request that left that listener (RFC 3261 §18.1.2).
bool is_sent_by(const ListenerSettings& listener, const sip::Via& via) {
    constexpr std::uint16_t kSipPort = 5060;
    return sip::equal_ignoring_case(via.host, listener.advertise_host) &&
           (via.port != 0 ? via.port : kSipPort) == listener.advertise_port;
}

/// Whether the response is to a request within that dialog (RFC 3261 §8.2.6.2: To, From and Call-ID
/// of the request).
bool is_of(const DialogState& dialog, const sip::Message& response) {
    std::array<std::string_view, 4> texts;  // in one walk
    std::size_t place = 0;
    dialog.texts.for_each(0, [&](std::string_view text) {
        if (place < texts.size()) texts[place++] = text;
    });
    const auto& [call_id, local_tag, local_party, remote_party] = texts;
    if (response.first(sip::HeaderName::call_id) != call_id) return false;
    // Nearly all write From and To as they came; then these need not be parsed.
    std::string_view from = response.first(sip::HeaderName::from).value_or("");
    const bool ends_with_tag = from.ends_with(local_tag);
    if (ends_with_tag) from.remove_suffix(local_tag.size());
    const bool is_as_sent = ends_with_tag && from.ends_with(";tag=") &&
                            response.first(sip::HeaderName::to) == remote_party;
    if (is_as_sent) return true;
    const auto tag_in = [&](sip::HeaderName name) {
        const auto value = response.first(name);
        const auto address = value ? sip::parse_name_addr(*value) : std::nullopt;
        return address ? address->tag : std::string_view{};
    };
    return tag_in(sip::HeaderName::from) == local_tag &&
           tag_in(sip::HeaderName::to) == dialog.remote_tag();
}

bool is_worn_out(const Subscription& subscription) {
    const std::uint8_t most = traits_of(subscription.profile).failures_max;
    return most != 0 && subscription.failures >= most;
}

bool has_other_way(const Dialog& dialog) {
    return can_go_back(dialog) || (dialog.candidates() && dialog.candidates()->has_alternative());
}

}  // namespace

bool NotifySender::handle_response(
    TimePoint now,
    const sip::Message& response,
    const sip::Via& top_via,
    Outbox& outbox
) {
    const auto branch = branch_of(top_via.branch);
    const auto at = branch ? by_branch_.find(*branch) : by_branch_.end();
    if (at == by_branch_.end()) return false;
    const auto cseq_text = response.first(sip::HeaderName::cseq);
    const auto cseq = cseq_text ? sip::parse_cseq(*cseq_text) : std::nullopt;
    if (!cseq || cseq->method != sip::Method::notify) return false;

    Dialog& dialog = *at->second;
    InFlight& in_flight = *dialog.in_flight;
    if (!is_sent_by(records_.settings.listeners[in_flight.flow.listener], top_via)) return false;
    if (cseq->number != in_flight.cseq || !is_of(dialog.state, response)) return false;
    SendWindow& window = *in_flight.window;
    const bool was_stranger = !window.is_hop_known();
    if (was_stranger) trust(window);
    if (response.status != 503) {
        heard_from(dialog);
        heard(now, in_flight, response.status);
    }
    if (response.status < 200) {
        in_flight.proceeding = true;
        if (was_stranger) drain(now, window, outbox);
        return true;
    }
    if (response.status == 503 && fail_over(now, dialog, outbox)) {
        try_next(now, dialog, outbox);
        return true;
    }
    const NotifyOutcome outcome = take_answer(now, dialog, response, outbox);
    finish(now, dialog, outcome, outbox);
    return true;
}

/// Does to the subscription what the final response means (answer_rules.hpp).
NotifyOutcome NotifySender::take_answer(
    TimePoint now,
    Dialog& dialog,
    const sip::Message& response,
    Outbox& outbox
) {
    InFlight& in_flight = *dialog.in_flight;
    Subscription& subscription = *in_flight.subscription;
    const auto text = response.first(sip::HeaderName::retry_after);
    const auto wait = text ? sip::parse_retry_after(*text) : std::nullopt;
    subscription.last_status = static_cast<std::uint16_t>(response.status);
    dialog.reconnected = false;
    dialog.silent_since.reset();
    const bool has_no_way = response.status == 500 || response.status == 503;
    if (has_no_way) count_failure(now, subscription);
    in_flight.meaning = meaning_of(
        {.status = response.status,
         .has_retry_after = wait.has_value(),
         .is_lasting = is_lasting(subscription),
         .is_worn_out = is_worn_out(subscription)}
    );
    dialog.standing =
        in_flight.meaning == AnswerMeaning::unanswered ? Standing::suspect : Standing::proven;
    switch (in_flight.meaning) {
        case AnswerMeaning::accepted:
            accepted(now, dialog, response, outbox);
            return NotifyOutcome::accepted;
        case AnswerMeaning::refused:
            subscription.failures = 0;
            return NotifyOutcome::rejected;
        case AnswerMeaning::retry:
            try_later(now, subscription);
            return NotifyOutcome::rejected;
        case AnswerMeaning::retry_after:
            if (!has_no_way) subscription.failures = 0;
            subscription.set_extras().not_before =
                now + std::clamp(*wait, kRetryAfterMin, kRetryAfterMax);
            records_.subscriptions.measure(dialog);
            subscription.due = true;
            return NotifyOutcome::rejected;
        case AnswerMeaning::unanswered:
            try_later(now, subscription);
            return NotifyOutcome::timed_out;
        case AnswerMeaning::ends_subscription:
        case AnswerMeaning::ends_dialog:
            return NotifyOutcome::ended_subscription;
    }
    return NotifyOutcome::rejected;
}

void NotifySender::accepted(
    TimePoint now,
    Dialog& dialog,
    const sip::Message& response,
    Outbox& outbox
) {
    InFlight& in_flight = *dialog.in_flight;
    Subscription& subscription = *in_flight.subscription;
    subscription.failures = 0;
    if (in_flight.full && !subscription.urgent) subscription.full_next = false;
    if (in_flight.news_at != kNoNews) {
        records_.stats.publish_to_answer.observe(now - in_flight.news_at);
    }
    records_.acknowledge(subscription, in_flight.carried);
    if (subscription.abridged != Abridged::no) abridged_accepted(subscription);
    outlast(now, in_flight);

    const bool has_other_target = take_target(dialog, response);
    const bool has_other_rates = take_rates(now, subscription, response);
    const bool is_lasting_now =
        !dialog.has_accepted && traits_of(subscription.profile).survives_timeout;
    dialog.has_accepted = true;
    const bool stored = records_.settings.durable && dialog.is_stored && !dialog.turnstile.locked;
    if (!stored || !(has_other_target || has_other_rates || is_lasting_now)) return;
    records_.commits.begin(
        {Write{Bucket::dialog, dialog_key(dialog.state), encode(record_of(dialog), now)}}, outbox
    );
}

/// A 2xx to a NOTIFY refreshes the target (RFC 3261 §12.2.1.2, RFC 6665 §4.4.1), unless its Contact
/// is none, or a refresh is being stored, which has a Contact of its own. One without the `alias`
/// that a proxy gave the Contact of the SUBSCRIBE is of a phone behind NAT whose responses that
/// proxy leaves alone. Returns whether the target is another one now.
bool NotifySender::take_target(Dialog& dialog, const sip::Message& response) {
    sip::ValueList contacts(response, sip::HeaderName::contact);
    const auto contact = contacts.next();
    if (!contact || contacts.next() || dialog.turnstile.locked) return false;
    const auto address = sip::parse_name_addr(*contact);
    const auto uri = address ? sip::parse_uri(address->uri) : std::nullopt;
    if (!uri || !uri->is_sip() || address->uri == dialog.state.remote_target()) return false;
    if (is_forbidden_target(records_.settings, dialog.state, *uri, records_.stats)) return false;
    const auto before = sip::parse_uri(dialog.state.remote_target());
    const auto has_alias = [](const sip::Uri& one) { return sip::find_param(one.params, "alias"); };
    if (before && has_alias(*before) && !has_alias(*uri)) return false;
    const std::size_t bytes = dialog.state.bytes() + address->uri.size();
    if (bytes > records_.settings.limits.dialog_state_bytes) return false;
    if (!refresh_target(dialog.state, address->uri)) return false;
    reroute(dialog);
    records_.subscriptions.measure(dialog);
    return true;
}

/// The subscriber may change its rates here as well as in a SUBSCRIBE (RFC 6446 §4.1). Returns
/// whether it does.
bool NotifySender::take_rates(
    TimePoint now,
    Subscription& subscription,
    const sip::Message& response
) {
    const auto text = response.first(sip::HeaderName::event);
    const auto event = text ? sip::parse_event(*text) : std::nullopt;
    if (!event || event->package != "reg") return false;
    const auto rates = [&] {
        return subscription.rates() ? subscription.rates()->rates() : Rates{};
    };
    const Rates before = rates();
    records_.set_rates(now, subscription, rates_of(event->params));
    return before != rates();
}

void NotifySender::finish(TimePoint now, Dialog& dialog, NotifyOutcome outcome, Outbox& outbox) {
    std::unique_ptr<InFlight> ended = std::move(dialog.in_flight);
    InFlight& over = *ended;
    by_branch_.erase(over.branch);
    records_.in_flight_bytes -= over.head.capacity();
    if (over.trace != 0) trace_end(now, over, outcome, outbox);
    over.window->done(over);
    ++records_.stats.notify_outcomes[index_of(outcome)];
    records_.stats.notifies_in_flight = by_branch_.size();
    if (outcome != NotifyOutcome::accepted && outcome != NotifyOutcome::superseded) {
        records_.observe(now, *over.subscription, SubscriptionEvent::notify_failed);
    }

    if (outcome != NotifyOutcome::accepted) over.subscription->full_next = true;
    const bool last = over.terminates && outcome != NotifyOutcome::superseded;
    if (over.meaning == AnswerMeaning::ends_dialog) {
        while (dialog.subscriptions.size() > 1) {
            const bool own = dialog.subscriptions.front().get() == over.subscription;
            ++records_.stats.subscriptions_failed;
            records_.remove(now, *dialog.subscriptions[own ? 1 : 0], outbox);
        }
    }
    if (last) {
        remove(now, dialog, *over.subscription, outbox);
    } else if (over.meaning == AnswerMeaning::ends_dialog ||
               over.meaning == AnswerMeaning::ends_subscription) {
        remove_failed(now, dialog, *over.subscription, outbox);
    } else {
        pump(now, dialog, outbox);
    }

    drain(now, *over.window, outbox);
    if (over.window->is_idle()) {
        maybe_idle_.push_back(hop_of(over.flow));
    }
    put_away(std::move(ended));
}

/// Removes one that has nothing in flight, and lets the others of its dialog go on.
void NotifySender::remove(
    TimePoint now,
    Dialog& dialog,
    Subscription& subscription,
    Outbox& outbox
) {
    const bool only = dialog.subscriptions.size() == 1;
    if (only) reroute(dialog);
    records_.remove(now, subscription, outbox);
    if (!only) pump(now, dialog, outbox);
}

void NotifySender::remove_failed(
    TimePoint now,
    Dialog& dialog,
    Subscription& subscription,
    Outbox& outbox
) {
    ++records_.stats.subscriptions_failed;
    remove(now, dialog, subscription, outbox);
}

void NotifySender::end_silently(TimePoint now, Subscription& subscription, Outbox& outbox) {
    Dialog& dialog = subscription.dialog;
    set_over(now, subscription, TerminationReason::timeout);
    subscription.due = false;
    subscription.urgent = false;
    subscription.forget_retry();
    if (dialog.in_flight && dialog.in_flight->subscription == &subscription) {
        dialog.in_flight->terminates = true;  // its end is awaited, whatever it is
    } else {
        remove(now, dialog, subscription, outbox);
    }
}

/// No answer is awaited any more. What was to be told is told again, if the subscription lives.
void NotifySender::give_up(TimePoint now, Dialog& dialog, NotifyOutcome outcome, Outbox& outbox) {
    Subscription& subscription = *dialog.in_flight->subscription;
    if (outcome != NotifyOutcome::transport_failed &&
        now - dialog.in_flight->sent_at >= records_.settings.t1) {
        late(now, *dialog.in_flight);
    }
    const bool too_silent = is_silent(now, dialog);
    const bool failed = outcome == NotifyOutcome::transport_failed || too_silent;
    if (failed && (fail_over(now, dialog, outbox) || go_back(dialog, outbox))) {
        try_next(now, dialog, outbox);
        return;
    }
    // News does not give more time to a watcher that has been silent for as long as timer F.
    if (outcome == NotifyOutcome::superseded && too_silent) outcome = NotifyOutcome::timed_out;
    if (outcome == NotifyOutcome::superseded) {
        subscription.due = true;
        subscription.urgent = subscription.urgent || dialog.in_flight->terminates;
    } else {
        // If both ways fail, that is because of the one that was to be taken.
        const bool went_back = dialog.state.went_back;
        if (went_back) dialog.state.reuse_connection = dialog.state.went_back = false;
        const bool silent = outcome == NotifyOutcome::timed_out && !went_back;
        dialog.silent_since.reset();
        dialog.reconnected = false;
        // What its user would be told (RFC 3261 §8.1.3.1).
        subscription.last_status = outcome == NotifyOutcome::transport_failed ? 503 : 408;
        dialog.in_flight->meaning =
            meaning_of({silent ? kNoAnswer : kTransportError, false, is_lasting(subscription)});
        try_later(now, subscription);
    }
    finish(now, dialog, outcome, outbox);
}

/// The NOTIFY in flight goes to another candidate, with what is new by now.
void NotifySender::try_next(TimePoint now, Dialog& dialog, Outbox& outbox) {
    dialog.in_flight->subscription->due = true;
    dialog.in_flight->subscription->urgent = true;
    finish(now, dialog, NotifyOutcome::superseded, outbox);
}

/// The same request goes again, by another transport (RFC 3261 §18.1.1): with its CSeq and version.
/// Not if the dialog has something else to say by now, or another way to say it.
void NotifySender::take_back(Dialog& dialog) {
    Subscription& subscription = *dialog.in_flight->subscription;
    const bool over = subscription.state == Subscription::State::terminated;
    const bool other_way = known_hop(dialog) != dialog.in_flight->flow.peer;
    const auto comes_first = [&](const auto& other) {
        return other.get() != &subscription && other->urgent;
    };
    if (over != dialog.in_flight->terminates || other_way ||
        std::any_of(dialog.subscriptions.begin(), dialog.subscriptions.end(), comes_first)) {
        return;
    }
    --dialog.state.local_cseq;
    if (dialog.in_flight->tail) --subscription.version;
    subscription.urgent = true;
}

/// Whether there was a connection, so that what was sent on it may have come. One that was used by
/// its address as well is told twice: first by its id.
bool NotifySender::was_connected(const Flow& gone) {
    Flow by_address = gone;
    by_address.connection = 0;
    const bool is_second = std::exchange(ended_, by_address) == gone;
    if (gone.connection == 0) ended_ = {};
    return gone.connection != 0 || is_second;
}

/// A connection that is gone is replaced once by a new one to the next hop. A large NOTIFY whose
/// peer does not take TCP goes by UDP: with its CSeq where no connection could be made, else with
/// the next one, as the peer may have it.
void NotifySender::handle_flow_closed(TimePoint now, const Flow& flow, Outbox& outbox) {
    const bool was_there = was_connected(flow);
    const auto at = windows_.find(hop_of(flow));
    if (at == windows_.end()) return;
    SendWindow& window = *at->second;

    std::vector<std::uint64_t> branches;
    window.for_each_in_flight([&](const InFlight& one) { branches.push_back(one.branch); });
    for (const std::uint64_t branch : branches) {
        const auto found = by_branch_.find(branch);
        if (found == by_branch_.end()) continue;
        Dialog& dialog = *found->second;
        if (dialog.state.flow.connection == flow.connection) dialog.state.flow.connection = 0;
        if (dialog.in_flight->too_large_for_udp) {
            if (!was_there || dialog.reconnected) believe_udp_only(now, flow.peer);
            if (!was_there) take_back(dialog);
        } else if (dialog.reconnected || (flow.connection == 0 && has_other_way(dialog))) {
            give_up(now, dialog, NotifyOutcome::transport_failed, outbox);
            continue;
        }
        dialog.reconnected = true;
        give_up(now, dialog, NotifyOutcome::superseded, outbox);
    }
}

}  // namespace reginfo
