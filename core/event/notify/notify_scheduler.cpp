#include "core/event/notify/notify_scheduler.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace reginfo {

NotifyScheduler::NotifyScheduler(const NotifySchedulerParts& parts)
    : settings_(parts.notify.settings),
      stats_(parts.notify.stats),
      shards_(parts.shards),
      subscriptions_(parts.notify.subscriptions),
      unsettled_(parts.unsettled),
      ends_(parts.ends),
      transactions_(parts.notify.transactions),
      next_hops_(parts.notify.next_hops),
      windows_(parts.notify.windows),
      waiting_(parts.waiting),
      timing_(settings_),
      dispatch_(parts.notify),
      answers_(
          {settings_,
           stats_,
           parts.changes,
           subscriptions_,
           unsettled_,
           parts.acknowledgements,
           next_hops_,
           windows_}
      ),
      failures_({settings_, stats_, ends_, next_hops_, windows_, answers_}),
      reservations_(
          settings_,
          parts.changes,
          subscriptions_,
          [this](TimePoint now, Dialog& dialog, Outbox& outbox) { rearm(now, dialog, outbox); }
      ) {}

void NotifyScheduler::notify(
    TimePoint now,
    Subscription& subscription,
    bool urgent,
    Outbox& outbox
) {
    urgent ? subscription.set_urgent() : subscription.set_due();
    subscription.full_next = subscription.full_next || urgent;
    rearm(now, subscription.dialog, outbox);
}

void NotifyScheduler::terminate(
    TimePoint now,
    Subscription& subscription,
    TerminationReason reason,
    Outbox& outbox
) {
    if (subscription.state == Subscription::State::terminated) return;
    ends_.set_terminated(now, subscription, reason);
    notify(now, subscription, true, outbox);
}

void NotifyScheduler::end_silently(TimePoint now, Subscription& subscription, Outbox& outbox) {
    Dialog& dialog = subscription.dialog;
    ends_.set_terminated(now, subscription, TerminationReason::timeout);
    subscription.set_sent();
    if (dialog.in_flight && dialog.in_flight->subscription == &subscription) {
        dialog.in_flight->terminates = true;  // its end is awaited, whatever it is
        return;
    }
    remove(now, dialog, subscription, outbox);
    work(now, outbox);
}

void NotifyScheduler::drop_unsent(TimePoint now, Subscription& subscription, Outbox& outbox) {
    Dialog& dialog = subscription.dialog;
    const TimePoint least = resumed_at_ + 64 * settings_.t1;
    if (now < least) return subscriptions_.expiries.set(subscription, least);
    if (dialog.in_flight && dialog.in_flight->subscription == &subscription) {
        // One that has just left may still be answered, and nothing else of the dialog leaves
        // before.
        const TimePoint answer_by = dialog.in_flight->sent_at + settings_.t1;
        if (now < answer_by) return subscriptions_.expiries.set(subscription, answer_by);
        dialog.in_flight->terminates = true;
        finish(now, dialog, NotifyOutcome::timed_out, outbox);
    } else {
        remove_failed(now, dialog, subscription, outbox);
    }
    work(now, outbox);
}

void NotifyScheduler::rearm(TimePoint now, Dialog& dialog, Outbox& outbox) {
    if (!agenda_.begin()) return schedule(dialog);
    step(now, dialog, outbox);
    agenda_.end();
    work(now, outbox);
}

void NotifyScheduler::subscribed(Dialog& dialog) {
    if (dialog.standing == Standing::suspect) dialog.standing = Standing::fresh;
    if (dialog.in_flight) dialog.in_flight->was_late = true;
    answers_.reroute(dialog);
}

void NotifyScheduler::work_off(TimePoint now, Outbox& outbox) {
    agenda_.work_off(
        [&](Dialog& dialog) { step(now, dialog, outbox); },
        [&](SendWindow& window) { return step(now, window, outbox); }
    );
}

/// Sends what is due in the dialog, if it may leave now.
void NotifyScheduler::step(TimePoint now, Dialog& dialog, Outbox& outbox) {
    if (is_suspended_) return subscriptions_.dialog_timers.set(dialog, now);
    if (!shards_.has(dialog.shard)) return;
    Subscription* const next = timing_.next_due(now, dialog);
    const InFlight* const old = dialog.in_flight.get();
    if (next && old && timing_.supersede_at(now, *old, *next) <= now) {
        // Until the new one may leave, an answer to the old one still counts.
        const bool has_room =
            old->holds_place || windows_.with_room(now, old->flow, dialog.standing) != nullptr;
        if (!has_room) {
            dispatch_.wait(now, *next, old->flow, outbox);
            return arm(now, dialog);
        }
        return give_up(now, dialog, NotifyOutcome::superseded, outbox);
    }
    if (!next || old || dialog.is_resolving() || timing_.ready_at(now, *next) > now) {
        return arm(now, dialog);
    }
    if (!reservations_.has_next(*next)) return reservations_.ask(now, dialog, outbox);
    send_next(now, *next, outbox);
}

void NotifyScheduler::send_next(TimePoint now, Subscription& next, Outbox& outbox) {
    Dialog& dialog = next.dialog;
    next.full_next = next.full_next || !next.is_due();
    next.set_due();
    switch (dispatch_.dispatch(now, next, outbox)) {
        case Dispatched::sent:
            timing_.sent(now, next);
            next.set_sent();
            next.forget_known();
            if (reservations_.is_low(dialog)) reservations_.ask(now, dialog, outbox);
            return arm(now, dialog);
        case Dispatched::waits:
            return arm(now, dialog);
        case Dispatched::resolving:
            return;
        case Dispatched::no_route:
            return fail_unsent(now, dialog, kNoRoute, outbox);
    }
}

/// Lets one copy and one NOTIFY go that waited for room. Returns whether there may be more.
bool NotifyScheduler::step(TimePoint now, SendWindow& window, Outbox& outbox) {
    if (is_suspended_) {
        windows_.wake(now, window);
        return false;
    }
    if (!window.is_awaited()) {
        windows_.note_if_idle(window);
        return false;
    }
    InFlight* const copy = windows_.next_copy(now, window);
    const bool may_go = copy && shards_.has(copy->subscription->dialog.shard);
    if (may_go && copy->timeout_at > now) {  // else timer F is about to end it
        dispatch_.send_again(now, *copy, outbox);
        arm(now, copy->subscription->dialog);
    }
    Subscription* const next = windows_.next_waiting(now, window);
    if (next) schedule(next->dialog);
    if (copy || next) return true;
    windows_.arm(now, window);
    windows_.note_if_idle(window);
    return false;
}

/// Sets the dialog's one timer to whatever comes first.
void NotifyScheduler::arm(TimePoint now, Dialog& dialog) {
    std::optional<TimePoint> deadline;
    const auto consider = [&](TimePoint at) {
        if (!deadline || at < *deadline) deadline = at;
    };
    const Subscription* const next = timing_.next_due(now, dialog);
    const bool waits = next && next->is_queued();
    if (dialog.in_flight) {
        consider(dialog.in_flight->timeout_at);
        consider(dialog.in_flight->retransmit_at);
        if (next && !waits) consider(timing_.supersede_at(now, *dialog.in_flight, *next));
    } else if (next && !dialog.is_resolving()) {
        if (!waits) consider(timing_.ready_at(now, *next));
        if (waits && dialog.silent_since) consider(next_hops_.silent_until(dialog));
    }
    subscriptions_.dialog_timers.set(dialog, deadline);
}

bool NotifyScheduler::handle_response(
    TimePoint now,
    const sip::Message& response,
    const sip::Via& top_via,
    Outbox& outbox
) {
    ClientTransaction* const matched = transactions_.match(response, top_via, sip::Method::notify);
    if (!matched) return false;
    InFlight& in_flight = static_cast<InFlight&>(*matched);
    Dialog& dialog = in_flight.subscription->dialog;
    if (!shards_.has(dialog.shard)) return false;
    if (!is_answer_within(dialog.state, response)) return false;
    const bool is_first = windows_.answered(now, in_flight, response.status);
    if (response.status != 503) next_hops_.answered(dialog, in_flight.flow);
    if (response.status < 200) {
        in_flight.proceeding = true;
        if (is_first) schedule(*in_flight.window);
    } else if (response.status == 503 && failures_.fail_over(now, dialog, outbox)) {
        finish(now, dialog, NotifyFailures::try_next(dialog), outbox);
    } else {
        const NotifyOutcome outcome = answers_.answered(now, dialog, response, outbox);
        finish(now, dialog, outcome, outbox);
    }
    work(now, outbox);
    return true;
}

/// Ends the transaction in flight and makes room for others.
void NotifyScheduler::finish(TimePoint now, Dialog& dialog, NotifyOutcome outcome, Outbox& outbox) {
    std::unique_ptr<InFlight> ended = dispatch_.close(now, dialog, outcome, outbox);
    const InFlight& over = *ended;
    Subscription& subscription = *over.subscription;
    if (over.window->is_awaited()) schedule(*over.window);
    if (outcome != NotifyOutcome::accepted) subscription.full_next = true;
    const bool ends_dialog = over.meaning == AnswerMeaning::ends_dialog;
    while (ends_dialog && dialog.subscriptions.size() > 1) {
        const bool own = dialog.subscriptions.front().get() == &subscription;
        remove_failed(now, dialog, *dialog.subscriptions[own ? 1 : 0], outbox);
    }
    if (over.terminates && outcome != NotifyOutcome::superseded) {
        remove(now, dialog, subscription, outbox);
    } else if (ends_dialog || over.meaning == AnswerMeaning::ends_subscription) {
        remove_failed(now, dialog, subscription, outbox);
    } else {
        if (outcome == NotifyOutcome::accepted) unsettled_.told(now, dialog);
        schedule(dialog);
    }
    dispatch_.put_away(std::move(ended));
}

/// Removes one that has nothing in flight, and lets the others of its dialog go on.
void NotifyScheduler::remove(
    TimePoint now,
    Dialog& dialog,
    Subscription& subscription,
    Outbox& outbox
) {
    const bool is_only = dialog.subscriptions.size() == 1;
    windows_.leave(subscription);
    if (is_only) {
        answers_.reroute(dialog);
        waiting_.release(dialog);
        agenda_.forget(dialog);
    } else {
        schedule(dialog);
    }
    ends_.remove(now, subscription, outbox);
}

/// There is no way to the dialog's next hop, or nobody who answers.
void NotifyScheduler::fail_unsent(TimePoint now, Dialog& dialog, int cause, Outbox& outbox) {
    if (failures_.go_back(dialog, outbox)) return schedule(dialog);
    const auto ended = failures_.unreachable(now, dialog, cause, outbox);
    arm(now, dialog);
    for (Subscription* const subscription : ended) {
        remove_failed(now, dialog, *subscription, outbox);
    }
}

void NotifyScheduler::handle_timeout(TimePoint now, Dialog& dialog, Outbox& outbox) {
    InFlight* const in_flight = dialog.in_flight.get();
    if (in_flight && in_flight->timeout_at <= now) {
        give_up(now, dialog, NotifyOutcome::timed_out, outbox);
    } else if (!in_flight && next_hops_.is_silent(now, dialog)) {
        time_out_waiting(now, dialog, outbox);
    } else if (in_flight && in_flight->retransmit_at <= now) {
        failures_.late(now, *in_flight);
        const Subscription* const next = timing_.next_due(now, dialog);
        if (!next || timing_.supersede_at(now, *in_flight, *next) > now) {
            dispatch_.retransmit(now, *in_flight, outbox);
        } else {
            in_flight->stop_timer_e();
        }
        schedule(*in_flight->window);
        schedule(dialog);
    } else {
        schedule(dialog);
    }
    work(now, outbox);
}

/// What was sent was not answered for as long as timer F, and what is due now still waits for room.
void NotifyScheduler::time_out_waiting(TimePoint now, Dialog& dialog, Outbox& outbox) {
    if (timing_.next_due(now, dialog) && !failures_.fail_over(now, dialog, outbox)) {
        return fail_unsent(now, dialog, kNoAnswer, outbox);
    }
    dialog.silent_since.reset();
    schedule(dialog);
}

/// While it is suspended, what is due only sets its timer: so each turn afterwards has its share.
void NotifyScheduler::resume(TimePoint now, Outbox& outbox) {
    is_suspended_ = true;
    take_back_all(now, outbox);
    is_suspended_ = false;
    resumed_at_ = now;
    next_hops_.resume(now);
}

void NotifyScheduler::take_back_all(TimePoint now, Outbox& outbox) {
    for (const std::uint64_t branch : transactions_.branches()) {
        ClientTransaction* const found = transactions_.find(branch);
        if (!found) continue;
        Subscription& subscription = *static_cast<InFlight&>(*found).subscription;
        subscription.set_urgent();
        finish(now, subscription.dialog, NotifyOutcome::superseded, outbox);
        work(now, outbox);
    }
}

void NotifyScheduler::handle_windows(TimePoint now, std::size_t count, Outbox& outbox) {
    for (; count > 0; --count) {
        SendWindow* const window = windows_.pop_expired(now);
        if (!window) return;
        schedule(*window);
        work(now, outbox);
    }
}

void NotifyScheduler::handle_resolved(
    TimePoint now,
    ResolveId id,
    std::span<const Target> targets,
    Outbox& outbox
) {
    const auto resolution = next_hops_.resolved(now, id, targets, outbox);
    if (!resolution) return;
    Dialog& dialog = static_cast<Dialog&>(*resolution->dialog);
    if (!shards_.has(dialog.shard)) return;
    if (resolution->kind == Resolution::Kind::found) {
        subscriptions_.measure(dialog);
        schedule(dialog);
    } else {
        const bool has_no_address = resolution->kind == Resolution::Kind::no_address;
        fail_unsent(now, dialog, has_no_address ? kTransportError : kNoRoute, outbox);
    }
    work(now, outbox);
}

void NotifyScheduler::handle_flow_closed(TimePoint now, const Flow& flow, Outbox& outbox) {
    const bool was_there = next_hops_.was_connected(flow);
    std::vector<std::uint64_t> branches;
    windows_.for_each_in_flight(flow, [&](const InFlight& one) { branches.push_back(one.branch); });
    for (const std::uint64_t branch : branches) {
        ClientTransaction* const found = transactions_.find(branch);
        if (!found) continue;
        Dialog& dialog = static_cast<InFlight&>(*found).subscription->dialog;
        if (!shards_.has(dialog.shard)) continue;
        const NotifyOutcome outcome =
            failures_.connection_lost(now, dialog, flow, was_there, outbox);
        finish(now, dialog, outcome, outbox);
        work(now, outbox);
    }
}

void NotifyScheduler::handle_unsent(
    TimePoint now,
    const Flow& flow,
    std::string_view head,
    Unsent why,
    Outbox& outbox
) {
    ClientTransaction* const found = transactions_.find_by_head(head);
    if (!found || found->flow != flow || found->proceeding) return;
    Dialog& dialog = static_cast<InFlight&>(*found).subscription->dialog;
    if (!shards_.has(dialog.shard)) return;
    windows_.did_not_leave(flow, notify_size(dialog.state, found->tail));
    if (why == Unsent::too_large) {
        finish(now, dialog, failures_.too_large(now, dialog, outbox), outbox);
    } else {
        give_up(now, dialog, NotifyOutcome::transport_failed, outbox);
    }
    work(now, outbox);
}

}  // namespace reginfo
