/// @file
/// What the log is told of NOTIFYs of traced AORs.

#include "core/event/notify_sender.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace reginfo {
namespace {

std::string_view text_of(NotifyOutcome outcome) {
    switch (outcome) {
        case NotifyOutcome::accepted:
            return "accepted";
        case NotifyOutcome::rejected:
            return "refused";
        case NotifyOutcome::ended_subscription:
            return "refused, which ends the subscription";
        case NotifyOutcome::timed_out:
            return "unanswered";
        case NotifyOutcome::superseded:
            return "given up for a newer one";
        case NotifyOutcome::transport_failed:
        case NotifyOutcome::count_:
            break;
    }
    return "lost with its connection";
}

}  // namespace

void NotifySender::trace_sent(const Subscription& subscription, Outbox& outbox) {
    InFlight& in_flight = *subscription.dialog.in_flight;
    const DialogState& dialog = subscription.dialog.state;
    in_flight.trace = records_.tracer.current(subscription.aor().name);
    if (in_flight.trace == 0) return;
    std::string line = "NOTIFY " + std::to_string(in_flight.cseq) + " sent, ";
    if (in_flight.tail) {
        line += in_flight.full ? "full" : "partial";
        line += " version " + std::to_string(subscription.version - 1);
        line += " with revision " + std::to_string(in_flight.carried);
    } else {
        line += "no body";
    }
    line += in_flight.terminates ? ", the last" : "";
    line.append(", to ").append(dialog.remote_target());
    line.append(", Call-ID ").append(dialog.call_id());
    records_.tracer.say(in_flight.trace, subscription.aor().name, line, in_flight.flow, outbox);
}

void NotifySender::trace_end(
    TimePoint now,
    const InFlight& over,
    NotifyOutcome outcome,
    Outbox& outbox
) {
    const Subscription& subscription = *over.subscription;
    const DialogState& dialog = subscription.dialog.state;
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(now - over.sent_at);
    std::string line = "NOTIFY " + std::to_string(over.cseq) + " ";
    line += text_of(outcome);
    const bool answered = outcome != NotifyOutcome::superseded && subscription.last_status != 0;
    if (answered) line += " (" + std::to_string(subscription.last_status) + ")";
    line += " after " + std::to_string(took.count()) + " ms, Call-ID ";
    line += dialog.call_id();
    records_.tracer.say(over.trace, subscription.aor().name, line, over.flow, outbox);
}

}  // namespace reginfo
