#include "core/event/notify/notify_dispatch.hpp"

#include "core/event/notify/notify_trace.hpp"

#include <cassert>
#include <string_view>
#include <utility>
#include <variant>

namespace reginfo {
namespace {

/// NOTIFYs that are over and whose memory is kept for others.
constexpr std::size_t kSpareSends = 256;

}  // namespace

NotifyDispatch::NotifyDispatch(const NotifyParts& parts)
    : stats_(parts.stats),
      observer_(parts.observer),
      subscriptions_(parts.subscriptions),
      documents_(parts.documents),
      transactions_(parts.transactions),
      next_hops_(parts.next_hops),
      windows_(parts.windows),
      tracer_(parts.tracer),
      writer_(parts.settings, parts.spare_texts) {}

Dispatched NotifyDispatch::dispatch(TimePoint now, Subscription& subscription, Outbox& outbox) {
    Dialog& dialog = subscription.dialog;
    assert(!dialog.in_flight);
    const bool had_route = dialog.route != nullptr;
    const std::uint64_t asker = dialog.subscriptions.front()->watcher;
    const NextHopAnswer hop = next_hops_.next_hop(now, dialog, asker, outbox);
    if (!had_route && dialog.route) subscriptions_.measure(dialog);
    if (std::holds_alternative<NoRoute>(hop)) return Dispatched::no_route;
    const Flow* const flow = std::get_if<Flow>(&hop);
    if (!flow) return Dispatched::resolving;
    Departure departure;
    departure.flow = *flow;
    if (!find_room(now, subscription, departure, outbox)) return Dispatched::waits;
    send(now, subscription, departure, outbox);
    return Dispatched::sent;
}

/// Returns false if there is no room: then the subscription waits for it.
bool NotifyDispatch::find_room(
    TimePoint now,
    Subscription& subscription,
    Departure& departure,
    Outbox& outbox
) {
    const Dialog& dialog = subscription.dialog;
    departure.window = windows_.with_room(now, departure.flow, dialog.standing);
    if (departure.window) {
        departure.body = documents_.body_for(now, subscription);
        const std::size_t bytes = notify_size(dialog.state, departure.body.tail);
        if (const auto by_tcp = next_hops_.by_tcp(now, dialog, departure.flow, bytes)) {
            departure.flow = *by_tcp;
            departure.too_large_for_udp = true;
            departure.window = windows_.with_room(now, *by_tcp, dialog.standing);
        }
        if (departure.window && windows_.may_go(now, *departure.window, bytes, outbox)) return true;
    }
    wait(now, subscription, departure.flow, outbox);
    return false;
}

void NotifyDispatch::wait(
    TimePoint now,
    Subscription& subscription,
    const Flow& flow,
    Outbox& outbox
) {
    if (!windows_.wait(now, subscription, flow)) return;
    const std::string_view aor = subscription.aor().name;
    tracer_.log(tracer_.current(aor), aor, "NOTIFY waits for a window", hop_of(flow), outbox);
}

void NotifyDispatch::send(
    TimePoint now,
    Subscription& subscription,
    Departure& departure,
    Outbox& outbox
) {
    Dialog& dialog = subscription.dialog;
    windows_.leave(subscription);
    ++dialog.state.local_cseq;
    dialog.in_flight = new_in_flight();
    InFlight& in_flight = *dialog.in_flight;
    in_flight.subscription = &subscription;
    in_flight.cseq = dialog.state.local_cseq;
    in_flight.flow = departure.flow;
    in_flight.window = departure.window;
    in_flight.too_large_for_udp = departure.too_large_for_udp;
    in_flight.standing = dialog.standing;
    in_flight.carried = departure.body.carries;
    in_flight.terminates = subscription.state == Subscription::State::terminated;
    in_flight.full = departure.body.tail && departure.body.full;
    transactions_.open(in_flight, dialog.shard);
    in_flight.head =
        writer_.head_of(now, subscription, departure.flow, in_flight.branch, departure.body);
    in_flight.tail = std::move(departure.body.tail);
    if (in_flight.tail) ++subscription.version;
    note_news(now, in_flight);

    if (!dialog.silent_since) dialog.silent_since = now;
    ++stats_.notifies_sent;
    if (tracer_.size() > 0) trace_sent(tracer_, dialog, outbox);
    transactions_.send(now, in_flight, outbox);
    windows_.sent(now, in_flight);
}

/// How long it took from the PUBLISH, if the NOTIFY passes on what is news to its watcher.
void NotifyDispatch::note_news(TimePoint now, InFlight& in_flight) {
    const Subscription& subscription = *in_flight.subscription;
    const Aor& aor = subscription.aor();
    const bool is_news = in_flight.carried > subscription.acked && subscription.failures == 0;
    if (!is_news || aor.news_at == kNoNews) return;
    in_flight.news_at = aor.news_at;
    stats_.publish_to_notify.observe(now - aor.news_at);
}

void NotifyDispatch::retransmit(TimePoint now, InFlight& in_flight, Outbox& outbox) {
    if (windows_.may_copy(now, in_flight)) {
        send_again(now, in_flight, outbox);
    } else {
        in_flight.stop_timer_e();
    }
}

void NotifyDispatch::send_again(TimePoint now, InFlight& in_flight, Outbox& outbox) {
    transactions_.restart_timer_e(now, in_flight);
    if (windows_.may_repeat(now, in_flight, outbox)) {
        transactions_.send_copy(now, in_flight, outbox);
    }
}

std::unique_ptr<InFlight> NotifyDispatch::close(
    TimePoint now,
    Dialog& dialog,
    NotifyOutcome outcome,
    Outbox& outbox
) {
    assert(dialog.in_flight);
    std::unique_ptr<InFlight> ended = std::move(dialog.in_flight);
    if (ended->trace != 0) trace_end(tracer_, now, *ended, outcome, outbox);
    transactions_.close(*ended);
    windows_.done(*ended);
    ++stats_.notify_outcomes[index_of(outcome)];
    if (outcome != NotifyOutcome::accepted && outcome != NotifyOutcome::superseded) {
        observer_.subscription_changed(now, *ended->subscription, SubscriptionEvent::notify_failed);
    }
    return ended;
}

/// Others may wait for the place of its NOTIFY.
void NotifyDispatch::drop(TimePoint now, Dialog& dialog) {
    windows_.leave(dialog);
    next_hops_.forget(dialog);
    std::unique_ptr<InFlight> ended = std::move(dialog.in_flight);
    if (!ended) return;
    transactions_.close(*ended);
    windows_.done(*ended);
    if (ended->window->is_awaited()) windows_.wake(now, *ended->window);
    put_away(std::move(ended));
}

std::unique_ptr<InFlight> NotifyDispatch::new_in_flight() {
    if (spare_.empty()) return std::make_unique<InFlight>();
    std::unique_ptr<InFlight> spare = std::move(spare_.back());
    spare_.pop_back();
    return spare;
}

void NotifyDispatch::put_away(std::unique_ptr<InFlight> in_flight) {
    if (spare_.size() == kSpareSends) return;
    *in_flight = InFlight();
    spare_.push_back(std::move(in_flight));
}

}  // namespace reginfo
