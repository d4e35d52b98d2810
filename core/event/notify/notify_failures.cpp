#include "core/event/notify/notify_failures.hpp"

#include "core/event/notify/kamailio_terms.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace reginfo {

void NotifyFailures::late(TimePoint now, InFlight& in_flight) {
    if (!std::exchange(in_flight.was_late, true)) {
        in_flight.subscription->dialog.standing = Standing::suspect;
    }
    windows_.late(now, in_flight);
}

NotifyOutcome NotifyFailures::given_up(
    TimePoint now,
    Dialog& dialog,
    NotifyOutcome why,
    Outbox& outbox
) {
    InFlight& in_flight = *dialog.in_flight;
    Subscription& subscription = *in_flight.subscription;
    const bool is_unsent = why == NotifyOutcome::transport_failed;
    if (!is_unsent && now - in_flight.sent_at >= settings_.t1) late(now, in_flight);
    const bool too_silent = next_hops_.is_silent(now, dialog);
    const bool has_failed = is_unsent || too_silent;
    if (has_failed && (fail_over(now, dialog, outbox) || go_back(dialog, outbox))) {
        return try_next(dialog);
    }
    // News does not give more time to a watcher that has been silent for as long as timer F.
    if (why == NotifyOutcome::superseded && !too_silent) {
        in_flight.terminates ? subscription.set_urgent() : subscription.set_due();
        return NotifyOutcome::superseded;
    }
    // If both ways fail, that is because of the one that was to be taken.
    const bool both_failed = NextHops::try_contact_again(dialog);
    const int cause = is_unsent || both_failed ? kTransportError : kNoAnswer;
    in_flight.meaning = answers_.failed(now, subscription, is_unsent ? 503 : 408, cause);
    return is_unsent ? NotifyOutcome::transport_failed : NotifyOutcome::timed_out;
}

NotifyOutcome NotifyFailures::try_next(Dialog& dialog) {
    dialog.in_flight->subscription->set_urgent();
    return NotifyOutcome::superseded;
}

NotifyOutcome NotifyFailures::too_large(TimePoint now, Dialog& dialog, Outbox& outbox) {
    const InFlight& in_flight = *dialog.in_flight;
    Subscription& subscription = *in_flight.subscription;
    dialog.silent_since.reset();  // nothing has left
    const bool has_way = NextHops::can_go_back(dialog);
    if (!has_way && subscription.abridgement.without_body()) {
        return given_up(now, dialog, NotifyOutcome::transport_failed, outbox);
    }
    if (in_flight.copies == 0) reuse_cseq(dialog);
    if (has_way) {
        go_back(dialog, outbox);
        return try_next(dialog);
    }
    subscription.abridgement.shorten(knows_uris(traits_of(subscription.profile).documents));
    if (subscription.abridgement.without_body()) {
        ends_.set_terminated(now, subscription, TerminationReason::giveup);
    }
    note_abridged(in_flight, outbox);
    return try_next(dialog);
}

void NotifyFailures::note_abridged(const InFlight& in_flight, Outbox& outbox) const {
    const Subscription& subscription = *in_flight.subscription;
    const DialogState& dialog = subscription.dialog.state;
    std::string detail = std::to_string(in_flight.bytes()) + " bytes for ";
    detail.append(dialog.remote_target()).append(", Call-ID ").append(dialog.call_id());
    detail.append(": ").append(subscription.abridgement.text());
    outbox.note(
        Note::Severity::warning, "NOTIFY fits no datagram", std::move(detail), in_flight.flow
    );
}

NotifyOutcome NotifyFailures::connection_lost(
    TimePoint now,
    Dialog& dialog,
    const Flow& flow,
    bool was_there,
    Outbox& outbox
) {
    const InFlight& in_flight = *dialog.in_flight;
    if (dialog.state.flow.connection == flow.connection) dialog.state.flow.connection = 0;
    if (in_flight.too_large_for_udp) {
        if (!was_there || dialog.reconnected) next_hops_.refuses_tcp(now, flow.peer);
        if (!was_there) reuse_cseq(dialog);
    } else if (dialog.reconnected || (flow.connection == 0 && NextHops::has_other_way(dialog))) {
        return given_up(now, dialog, NotifyOutcome::transport_failed, outbox);
    }
    dialog.reconnected = true;
    return given_up(now, dialog, NotifyOutcome::superseded, outbox);
}

/// The same request goes again, by another transport (RFC 3261 §18.1.1): with its CSeq and version.
/// Not if the dialog has something else to send by now, or another way for it.
void NotifyFailures::reuse_cseq(Dialog& dialog) {
    const InFlight& in_flight = *dialog.in_flight;
    Subscription& subscription = *in_flight.subscription;
    const bool over = subscription.state == Subscription::State::terminated;
    const bool other_way = NextHops::known(dialog) != in_flight.flow.peer;
    const auto comes_first = [&](const auto& other) {
        return other.get() != &subscription && other->is_urgent();
    };
    if (over != in_flight.terminates || other_way ||
        std::ranges::any_of(dialog.subscriptions, comes_first)) {
        return;
    }
    --dialog.state.local_cseq;
    if (in_flight.tail) --subscription.version;
    subscription.set_urgent();
}

std::vector<Subscription*> NotifyFailures::unreachable(
    TimePoint now,
    Dialog& dialog,
    int cause,
    Outbox& outbox
) {
    dialog.silent_since.reset();
    const bool is_timeout = cause == kNoAnswer;
    const auto outcome = is_timeout ? NotifyOutcome::timed_out : NotifyOutcome::transport_failed;
    std::vector<Subscription*> ended;
    for (const auto& subscription : dialog.subscriptions) {
        if (subscription->due() == Due::nothing) continue;
        windows_.leave(*subscription);
        subscription->set_sent();
        ++stats_.notify_outcomes[index_of(outcome)];
        const bool is_over = subscription->state == Subscription::State::terminated;
        const AnswerMeaning meaning =
            answers_.failed(now, *subscription, is_timeout ? 408 : 503, cause);
        const bool ends = is_over || meaning == AnswerMeaning::ends_subscription;
        if (ends) ended.push_back(subscription.get());
    }
    if (!is_timeout) {
        std::string detail = "no address for ";
        detail.append(dialog.state.remote_target());
        detail.append(", Call-ID ").append(dialog.state.call_id());
        outbox.note(Note::Severity::warning, "no route to watcher", std::move(detail));
    }
    return ended;
}

/// It is the next hop that does not answer, not the watcher.
bool NotifyFailures::fail_over(TimePoint now, Dialog& dialog, Outbox& outbox) {
    const Flow* const sent_by = dialog.in_flight ? &dialog.in_flight->flow : nullptr;
    if (!NextHops::is_candidate(dialog, sent_by)) return false;
    dialog.standing = Standing::fresh;
    windows_.leave(dialog);
    return next_hops_.fail_over(now, dialog, sent_by, outbox);
}

bool NotifyFailures::go_back(Dialog& dialog, Outbox& outbox) {
    if (!NextHops::go_back(dialog, outbox)) return false;
    dialog.standing = Standing::fresh;
    windows_.leave(dialog);
    return true;
}

}  // namespace reginfo
