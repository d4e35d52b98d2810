#include "core/event/notify/notify_trace.hpp"

#include "core/event/records/aor.hpp"

#include <cassert>
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

void trace_sent(Tracer& tracer, Dialog& dialog, Outbox& outbox) {
    InFlight& in_flight = *dialog.in_flight;
    const Subscription& subscription = *in_flight.subscription;
    in_flight.trace = tracer.current(subscription.aor().name);
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
    line.append(", to ").append(dialog.state.remote_target());
    line.append(", Call-ID ").append(dialog.state.call_id());
    tracer.log(in_flight.trace, subscription.aor().name, line, in_flight.flow, outbox);
}

void trace_end(
    Tracer& tracer,
    TimePoint now,
    const InFlight& over,
    NotifyOutcome outcome,
    Outbox& outbox
) {
    assert(over.trace != 0);
    const Subscription& subscription = *over.subscription;
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(now - over.sent_at);
    std::string line = "NOTIFY " + std::to_string(over.cseq) + " ";
    line += text_of(outcome);
    const bool answered = outcome != NotifyOutcome::superseded && subscription.last_status != 0;
    if (answered) line += " (" + std::to_string(subscription.last_status) + ")";
    line += " after " + std::to_string(took.count()) + " ms, Call-ID ";
    line += subscription.dialog.state.call_id();
    tracer.log(over.trace, subscription.aor().name, line, over.flow, outbox);
}

}  // namespace reginfo
