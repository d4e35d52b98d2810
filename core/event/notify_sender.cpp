/// @file

#include "core/event/notify_sender.hpp"

#include "core/event/durability.hpp"
#include "core/reginfo/writer.hpp"
#include "core/sip/writer.hpp"
#include "core/transaction/responder.hpp"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <utility>

namespace reginfo {
namespace {

/// CSeqs that could not be reserved are asked for again after this.
constexpr Duration kRetry = std::chrono::seconds{1};

/// Transactions that are over and whose memory is kept for others.
constexpr std::size_t kSpares = 256;

}  // namespace

NotifySender::NotifySender(Records& records)
    : records_(records),
      windows_(0, HopHash{records.hash_seeds.next()}),
      gauges_(records.stats),
      trust_(records.hash_seeds.next()),
      udp_only_(0, windows_.hash_function()),
      failed_(0, windows_.hash_function()) {}

void NotifySender::notify(TimePoint now, Subscription& subscription, bool urgent, Outbox& outbox) {
    subscription.due = true;
    subscription.urgent = subscription.urgent || urgent;
    subscription.full_next = subscription.full_next || urgent;
    pump(now, subscription.dialog, outbox);
}

void NotifySender::terminate(
    TimePoint now,
    Subscription& subscription,
    TerminationReason reason,
    Outbox& outbox
) {
    if (subscription.state == Subscription::State::terminated) return;
    set_over(now, subscription, reason);
    notify(now, subscription, true, outbox);
}

/// From now on it is one that has only to say so, unless that is over already.
void NotifySender::set_over(TimePoint now, Subscription& subscription, TerminationReason reason) {
    if (subscription.state == Subscription::State::terminated) return;
    subscription.state = Subscription::State::terminated;
    subscription.reason = reason;
    records_.observe(now, subscription, SubscriptionEvent::terminating);
    records_.subscriptions.expiries.set(subscription, now + 64 * records_.settings.t1);
}

/// Urgent ones first, then the one that may leave first.
Subscription* NotifySender::next_due(TimePoint now, Dialog& dialog) const {
    Subscription* next = nullptr;
    for (const auto& candidate : dialog.subscriptions) {
        const bool wakes = !dialog.in_flight && wake_at(*candidate);
        if (!candidate->due && !wakes) continue;
        if (candidate->urgent) return candidate.get();
        if (!next || ready_at(now, *candidate) < ready_at(now, *next)) next = candidate.get();
    }
    return next;
}

/// When a NOTIFY is sent although nothing is new; nothing if never.
std::optional<TimePoint> NotifySender::wake_at(const Subscription& subscription) {
    if (const auto retry_at = subscription.extras().retry_at) return retry_at;
    if (!subscription.rates() || subscription.state == Subscription::State::terminated) return {};
    return subscription.rates()->wake_at();
}

TimePoint NotifySender::ready_at(TimePoint now, const Subscription& subscription) const {
    if (subscription.urgent) return now;
    const Settings::Notify& notify = records_.settings.notify;
    TimePoint at = std::max(
        subscription.pace.ready_at(now, notify.burst, notify.min_interval),
        subscription.extras().not_before
    );
    if (const auto* rates = subscription.rates()) at = std::max(at, rates->earliest());
    return subscription.due ? at : std::max(at, wake_at(subscription).value_or(at));
}

/// When an unanswered NOTIFY gives way to what `next` has to tell (DESIGN.md rule 5).
TimePoint NotifySender::supersede_at(
    TimePoint now,
    const InFlight& in_flight,
    const Subscription& next
) const {
    const Settings::Notify& notify = records_.settings.notify;
    Duration patience = notify.supersede_after;
    if (in_flight.subscription->profile == Profile::kamailio) {
        patience = notify.supersede_after_kamailio;
    } else if (next.urgent && &next == in_flight.subscription) {
        // A SUBSCRIBE is told of immediately (RFC 6665 §4.2.1.2); T1 is an answer's on its way.
        patience = std::min(patience, records_.settings.t1);
    }
    return std::max(in_flight.sent_at + patience, ready_at(now, next));
}

/// Sends what the dialog has to tell, as far as it may now.
void NotifySender::pump(TimePoint now, Dialog& dialog, Outbox& outbox) {
    Subscription* next = next_due(now, dialog);
    if (next && dialog.in_flight && supersede_at(now, *dialog.in_flight, *next) <= now) {
        // Until the new one may leave, an answer to the old one still counts.
        const InFlight& old = *dialog.in_flight;
        if (!old.holds_place && !window_with_room(now, *next, old.flow, outbox)) return;
        give_up(now, dialog, NotifyOutcome::superseded, outbox);
        return;
    }
    if (!next || dialog.in_flight || dialog.is_resolving() || ready_at(now, *next) > now) {
        arm(now, dialog);
        return;
    }
    if (!has_reservation(*next)) {
        reserve(now, dialog, outbox);
        return;
    }
    next->full_next = next->full_next || !next->due;
    next->due = true;
    bool dead = false;
    std::optional<Flow> flow = route(now, dialog, dead, outbox);
    if (dead) {
        fail_unsent(now, dialog, kNoRoute, outbox);
        return;
    }
    if (!flow) return;
    SendWindow* window = window_with_room(now, *next, *flow, outbox);
    if (!window) return;
    NotifyBody body = records_.documents.body_for(now, *next);
    const std::optional<Flow> larger = larger_way(now, *next, *flow, body);
    if (larger) {
        flow = larger;
        window = window_with_room(now, *next, *flow, outbox);
        if (!window) return;
    }
    if (!window->is_hop_known()) {
        const std::size_t bytes = size_of(dialog, body.tail);
        if (const auto until = wait_for_trust(now, *window, *flow, bytes, outbox)) {
            window->block(*until);
            wait(now, *next, *window, outbox);
            return;
        }
    }
    send(now, *next, *flow, *window, std::move(body), larger.has_value(), outbox);
}

void NotifySender::send(
    TimePoint now,
    Subscription& subscription,
    const Flow& flow,
    SendWindow& window,
    NotifyBody body,
    bool too_large_for_udp,
    Outbox& outbox
) {
    Dialog& dialog = subscription.dialog;
    if (auto& hook = static_cast<QueueHook&>(subscription); hook.is_linked()) {
        hook.unlink();
        records_.unqueued(subscription);
    }
    const Settings& settings = records_.settings;
    if (!subscription.urgent) {
        subscription.pace.take(now, settings.notify.burst, settings.notify.min_interval);
    }
    subscription.due = false;
    subscription.urgent = false;
    subscription.forget_retry();
    if (RateControl* const rates = subscription.rates()) rates->sent(now);

    subscription.forget_known();
    ++dialog.state.local_cseq;
    dialog.in_flight = new_in_flight();
    InFlight& in_flight = *dialog.in_flight;
    in_flight.subscription = &subscription;
    do {
        in_flight.branch = records_.tokens.next();
    } while (!by_branch_.emplace(in_flight.branch, &dialog).second);
    in_flight.cseq = dialog.state.local_cseq;
    in_flight.carried = body.carries;
    in_flight.terminates = subscription.state == Subscription::State::terminated;
    in_flight.full = body.tail && body.full;
    in_flight.flow = flow;
    in_flight.too_large_for_udp = too_large_for_udp;
    in_flight.standing = dialog.standing;
    in_flight.window = &window;
    in_flight.head = write_head(now, subscription, flow, in_flight.branch, body);
    in_flight.tail = std::move(body.tail);
    in_flight.sent_at = now;
    in_flight.last_sent_at = now;
    in_flight.interval = settings.t1;
    in_flight.retransmit_at = is_reliable(flow.transport) ? TimePoint::max() : now + settings.t1;
    in_flight.timeout_at = now + 64 * settings.t1;
    if (in_flight.tail) ++subscription.version;
    const Aor& aor = subscription.aor();
    const bool is_news = body.carries > subscription.acked && subscription.failures == 0;
    if (is_news && aor.news_at != kNoNews) {
        in_flight.news_at = aor.news_at;
        records_.stats.publish_to_notify.observe(now - aor.news_at);
    }

    if (!dialog.silent_since) dialog.silent_since = now;
    window.sent(now, in_flight);
    ++records_.stats.notifies_sent;
    records_.stats.notifies_in_flight = by_branch_.size();
    records_.in_flight_bytes += in_flight.head.capacity();
    if (records_.tracer.size() > 0) trace_sent(subscription, outbox);
    send_copy(in_flight, outbox);
    if (dialog.state.local_cseq + kReservedRange / 4 > dialog.cseq_reserved) {
        reserve(now, dialog, outbox);
    }
    arm(now, dialog);
}

/// The head stays for retransmissions.
void NotifySender::send_copy(const InFlight& in_flight, Outbox& outbox) {
    std::string head = records_.spare_texts.take();
    head.assign(in_flight.head);
    outbox.send(in_flight.flow, std::move(head), in_flight.tail);
}

std::unique_ptr<InFlight> NotifySender::new_in_flight() {
    if (spare_in_flight_.empty()) return std::make_unique<InFlight>();
    std::unique_ptr<InFlight> spare = std::move(spare_in_flight_.back());
    spare_in_flight_.pop_back();
    return spare;
}

void NotifySender::put_away(std::unique_ptr<InFlight> in_flight) {
    records_.spare_texts.give(std::move(in_flight->head));
    if (spare_in_flight_.size() == kSpares) return;
    *in_flight = InFlight();
    spare_in_flight_.push_back(std::move(in_flight));
}

/// More CSeqs and versions for a dialog; when they are durable, what waits for them goes on.
struct NotifySender::Reservation final : PendingChange {
    Reservation(NotifySender& sender_, DialogRecord record_)
        : sender(sender_), record(std::move(record_)) {}

    void finish(TimePoint now, bool ok, Outbox& outbox) override {
        Dialog* dialog = sender.records_.subscriptions.find(record.state.id());
        if (!dialog) return;
        dialog->is_reserving = false;
        if (!ok && dialog->in_flight) return;
        if (!ok) {
            sender.records_.subscriptions.dialog_timers.set(*dialog, now + kRetry);
            return;
        }
        take_reservation(*dialog, record);
        sender.pump(now, *dialog, outbox);
    }

    NotifySender& sender;
    DialogRecord record;
};

/// The last NOTIFY of a subscription needs one as well: a crash before its answer repeats it.
bool NotifySender::has_reservation(const Subscription& subscription) const {
    const Dialog& dialog = subscription.dialog;
    return !records_.settings.durable || !dialog.is_stored ||
           (dialog.state.local_cseq < dialog.cseq_reserved &&
            subscription.version < subscription.version_reserved);
}

/// Asks for more. A refresh that is being stored brings more by itself.
void NotifySender::reserve(TimePoint now, Dialog& dialog, Outbox& outbox) {
    const bool needless = !records_.settings.durable || !dialog.is_stored;
    if (needless || dialog.is_reserving || dialog.turnstile.locked) return;
    Reservation change(*this, record_of(dialog));
    if (change.record.subscriptions.empty()) return;
    dialog.is_reserving = true;
    std::vector<Write> writes{{Bucket::dialog, dialog_key(dialog.state), encode(change.record, now)}
    };
    records_.commits.begin(now, std::move(change), std::move(writes), outbox);
}

std::string NotifySender::write_head(
    TimePoint now,
    const Subscription& subscription,
    const Flow& flow,
    std::uint64_t branch,
    const NotifyBody& body
) {
    const Settings& settings = records_.settings;
    const DialogState& dialog = subscription.dialog.state;
    auto& shape = subscription.dialog.shape;
    if (!shape) shape = shape_of(dialog);
    std::string head = records_.spare_texts.take();
    append_request_head(
        head,
        dialog,
        {
            .method = "NOTIFY",
            .cseq = dialog.local_cseq,
            .branch = branch,
            .via = &settings.listeners[flow.listener],
            .contact = &settings.listeners[dialog.flow.listener],
            .secure = is_sips(subscription.aor_text()),
            .shape = &*shape,
        }
    );
    head.append("Event: reg");
    if (const auto id = subscription.event_id()) head.append(";id=").append(*id);
    head.append("\r\nSubscription-State: ");
    if (subscription.state == Subscription::State::terminated) {
        head.append("terminated;reason=").append(text_of(subscription.reason));
        if (subscription.reason == TerminationReason::probation) {
            const auto wait = std::chrono::ceil<Seconds>(subscription.deadline - now).count();
            head.append(";retry-after=");
            sip::append_number(head, static_cast<std::uint64_t>(std::max<std::int64_t>(wait, 0)));
        }
    } else {
        // Never more than is left: the refresh must come in time (RFC 6665 §4.2.2).
        const auto left = std::chrono::floor<Seconds>(subscription.deadline - now).count();
        head.append("active;expires=");
        sip::append_number(head, static_cast<std::uint64_t>(std::max<std::int64_t>(left, 0)));
        if (const auto* rates = subscription.rates()) append_rates(head, rates->rates());
    }
    head.append("\r\n");
    if (body.entity_tag) sip::append_header(head, "SIP-ETag", tag_text(*body.entity_tag));
    if (!settings.server_name.empty()) {
        sip::append_header(head, "User-Agent", settings.server_name);
    }
    if (!body.tail) {
        sip::end_head(head, 0);
        return head;
    }
    document_head_.clear();
    append_document_head(document_head_, subscription.version, body.full);
    sip::append_header(head, "Content-Type", kReginfoType);
    sip::end_head(head, document_head_.size() + body.tail->size());
    head.append(document_head_);
    return head;
}

void NotifySender::handle_timeout(TimePoint now, Dialog& dialog, Outbox& outbox) {
    if (dialog.in_flight && dialog.in_flight->timeout_at <= now) {
        give_up(now, dialog, NotifyOutcome::timed_out, outbox);
        return;
    }
    if (!dialog.in_flight && is_silent(now, dialog)) {
        time_out_waiting(now, dialog, outbox);
        return;
    }
    if (!dialog.in_flight || dialog.in_flight->retransmit_at > now) {
        pump(now, dialog, outbox);
        return;
    }
    SendWindow& window = *dialog.in_flight->window;
    late(now, *dialog.in_flight);
    const Subscription* next = next_due(now, dialog);
    if (!next || supersede_at(now, *dialog.in_flight, *next) > now) {
        retransmit(now, *dialog.in_flight, outbox);
    } else {
        dialog.in_flight->retransmit_at = TimePoint::max();
    }
    pump(now, dialog, outbox);
    drain(now, window, outbox);
}

/// Sets the dialog's one timer to whatever comes first.
void NotifySender::arm(TimePoint now, Dialog& dialog) {
    std::optional<TimePoint> deadline;
    const auto consider = [&](TimePoint at) {
        if (!deadline || at < *deadline) deadline = at;
    };
    const Subscription* next = next_due(now, dialog);
    if (dialog.in_flight) {
        consider(dialog.in_flight->timeout_at);
        consider(dialog.in_flight->retransmit_at);
        const bool waits = next && static_cast<const QueueHook&>(*next).is_linked();
        if (next && !waits) consider(supersede_at(now, *dialog.in_flight, *next));
    } else if (next && !dialog.is_resolving()) {
        const bool waits = static_cast<const QueueHook&>(*next).is_linked();
        if (!waits) consider(ready_at(now, *next));
        if (waits && dialog.silent_since) consider(silent_until(dialog));
    }
    records_.subscriptions.dialog_timers.set(dialog, deadline);
}

}  // namespace reginfo
