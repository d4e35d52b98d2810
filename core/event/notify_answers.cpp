/// @file
/// How a NOTIFY ends: by its answer, by none, or because something newer is to be said.

#include "core/event/notify_sender.hpp"

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

namespace reginfo {
namespace {

/// A watcher that was away is tried again after this, then after twice as long, up to 64 times.
constexpr Duration kRetryFirst = std::chrono::seconds{30};

}  // namespace

AnswerMeaning meaning_of(int status) {
    if (status >= 200 && status < 300) return AnswerMeaning::success;
    switch (status) {
        case 404:
        case 405:
        case 410:
        case 416:
        case 480:
        case 481:
        case 482:
        case 483:
        case 484:
        case 485:
        case 489:
        case 501:
        case 604:
            return AnswerMeaning::ends_subscription;
        default:
            return AnswerMeaning::failed;
    }
}

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
    if (response.status < 200) {
        in_flight.proceeding = true;
        return true;
    }
    Subscription& subscription = *in_flight.subscription;
    subscription.last_status = response.status;
    subscription.unanswered = 0;
    NotifyOutcome outcome = NotifyOutcome::rejected;
    switch (meaning_of(response.status)) {
        case AnswerMeaning::success:
            outcome = NotifyOutcome::accepted;
            if (in_flight.interval == records_.settings.t1) {
                in_flight.window->answered(now - in_flight.sent_at);
            }
            records_.acknowledge(subscription, in_flight.carried);
            break;
        case AnswerMeaning::ends_subscription:
            outcome = NotifyOutcome::ended_subscription;
            break;
        case AnswerMeaning::failed: {
            const auto text = response.first(sip::HeaderName::retry_after);
            const auto wait =
                text ? sip::parse_delta_seconds(text->substr(0, text->find_first_of(" \t;(")))
                     : std::nullopt;
            if (wait) {
                subscription.not_before = now + std::min(*wait, Seconds{86'400});
                subscription.due = true;
            }
            break;
        }
    }
    finish(now, dialog, outcome, outbox);
    return true;
}

void NotifySender::finish(TimePoint now, Dialog& dialog, NotifyOutcome outcome, Outbox& outbox) {
    const InFlight over = std::move(*dialog.in_flight);
    dialog.in_flight.reset();
    by_branch_.erase(over.branch);
    over.window->done(dialog);
    ++records_.stats.notify_outcomes[index_of(outcome)];
    records_.stats.notifies_in_flight = by_branch_.size();

    const bool last = over.terminates && outcome != NotifyOutcome::superseded;
    const bool lost =
        outcome == NotifyOutcome::ended_subscription ||
        ((outcome == NotifyOutcome::timed_out || outcome == NotifyOutcome::transport_failed) &&
         !traits_of(over.subscription->profile).survives_timeout);
    if (last || lost) {
        if (!last) ++records_.stats.subscriptions_failed;
        const bool only = dialog.subscriptions.size() == 1;
        if (only) reroute(dialog);
        records_.remove(now, *over.subscription, outbox);
        if (!only) pump(now, dialog, outbox);
    } else {
        pump(now, dialog, outbox);
    }

    drain(now, *over.window, outbox);
    if (over.window->is_idle()) {
        maybe_idle_.push_back(over.flow);
        maybe_idle_.back().listener = 0;
    }
}

/// No answer is awaited any more. What was to be told is told again, if the subscription lives.
void NotifySender::give_up(TimePoint now, Dialog& dialog, NotifyOutcome outcome, Outbox& outbox) {
    Subscription& subscription = *dialog.in_flight->subscription;
    if (outcome == NotifyOutcome::superseded) {
        subscription.due = true;
        subscription.urgent = subscription.urgent || dialog.in_flight->terminates;
    } else {
        subscription.last_status = 408;
        if (subscription.unanswered < 7) ++subscription.unanswered;
        subscription.retry_at = now + kRetryFirst * (1U << (subscription.unanswered - 1U));
    }
    finish(now, dialog, outcome, outbox);
}

/// There is no way to the dialog's next hop: as if its NOTIFY had met a transport error.
void NotifySender::fail_unsent(TimePoint now, Dialog& dialog, Outbox& outbox) {
    std::vector<Subscription*> dead;
    for (const auto& subscription : dialog.subscriptions) {
        if (!subscription->due) continue;
        subscription->due = false;
        subscription->urgent = false;
        subscription->last_status = 503;
        ++records_.stats.notify_outcomes[index_of(NotifyOutcome::transport_failed)];
        const bool over = subscription->state == Subscription::State::terminated;
        if (over || !traits_of(subscription->profile).survives_timeout) {
            dead.push_back(subscription.get());
        }
    }
    outbox.note(
        Note::Severity::warning,
        "no route to watcher",
        "no address for " + dialog.state.remote_target + ", Call-ID " + dialog.state.call_id
    );
    arm(now, dialog);
    const bool all = dead.size() == dialog.subscriptions.size();
    if (all) reroute(dialog);
    for (Subscription* subscription : dead) {
        ++records_.stats.subscriptions_failed;
        records_.remove(now, *subscription, outbox);
    }
}

void NotifySender::handle_resolved(
    TimePoint now,
    ResolveId id,
    std::span<const Endpoint> endpoints,
    Outbox& outbox
) {
    const auto at = resolving_.find(id);
    if (at == resolving_.end()) return;
    Dialog& dialog = *at->second;
    resolving_.erase(at);
    dialog.resolving.reset();
    const auto hop = next_hop_of(dialog.state);
    for (const Endpoint& endpoint : endpoints) {
        if (hop && listener_for(dialog, hop->transport, endpoint.address)) {
            dialog.resolved = endpoint;
            pump(now, dialog, outbox);
            return;
        }
    }
    fail_unsent(now, dialog, outbox);
}

/// A connection that is gone is replaced by one to the next hop; one that cannot be made has
/// failed those who wait for it.
void NotifySender::handle_flow_closed(TimePoint now, const Flow& flow, Outbox& outbox) {
    Flow hop = flow;
    hop.listener = 0;
    const auto at = windows_.find(hop);
    if (at == windows_.end()) return;
    SendWindow& window = *at->second;

    std::vector<std::uint64_t> branches;
    for (const Dialog& dialog : window.in_flight()) branches.push_back(dialog.in_flight->branch);
    for (const std::uint64_t branch : branches) {
        const auto found = by_branch_.find(branch);
        if (found == by_branch_.end()) continue;
        Dialog& dialog = *found->second;
        if (flow.connection != 0) {
            if (dialog.state.flow.connection == flow.connection) dialog.state.flow.connection = 0;
            give_up(now, dialog, NotifyOutcome::superseded, outbox);
        } else {
            give_up(now, dialog, NotifyOutcome::transport_failed, outbox);
        }
    }
}

}  // namespace reginfo
