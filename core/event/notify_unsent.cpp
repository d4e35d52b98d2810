/// @file
/// What becomes of a NOTIFY that its watcher did not get: it could not leave, or nobody answers.

#include "core/dialog/dialog.hpp"
#include "core/event/notify_sender.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace reginfo {
namespace {

/// A watcher that was away is tried again after this, then after twice as long, up to 64 times.
constexpr Duration kRetryFirst = std::chrono::seconds{30};

}  // namespace

bool NotifySender::is_lasting(const Subscription& subscription) {
    return traits_of(subscription.profile).survives_timeout && subscription.dialog.has_accepted;
}

/// Those within kRetryFirst count as one: news is told without waiting, and a burst of it must not
/// wear out a subscription while its proxy is being restarted.
void NotifySender::count_failure(TimePoint now, Subscription& subscription) {
    constexpr std::uint8_t kMost = 7;
    Subscription::Extras& extras = subscription.set_extras();
    if (subscription.failures > 0 && now - extras.failed_at < kRetryFirst) return;
    extras.failed_at = now;
    if (subscription.failures < kMost) ++subscription.failures;
}

/// The same is told again when some time has passed, more of it each time in a row.
void NotifySender::try_later(TimePoint now, Subscription& subscription) const {
    count_failure(now, subscription);
    Subscription::Extras& extras = subscription.set_extras();
    extras.retry_at = extras.failed_at + kRetryFirst * (1U << (subscription.failures - 1U));
    records_.subscriptions.measure(subscription.dialog);
}

/// What was sent was not answered for as long as timer F, and what the dialog has to tell now still
/// waits for room.
void NotifySender::time_out_waiting(TimePoint now, Dialog& dialog, Outbox& outbox) {
    if (!next_due(now, dialog) || fail_over(now, dialog, outbox)) {
        dialog.silent_since.reset();
        pump(now, dialog, outbox);
    } else {
        fail_unsent(now, dialog, kNoAnswer, outbox);
    }
}

/// There is no way to the dialog's next hop, or nobody who answers.
void NotifySender::fail_unsent(TimePoint now, Dialog& dialog, int cause, Outbox& outbox) {
    if (go_back(dialog, outbox)) return pump(now, dialog, outbox);
    dialog.silent_since.reset();
    const bool is_timeout = cause == kNoAnswer;
    const auto outcome = is_timeout ? NotifyOutcome::timed_out : NotifyOutcome::transport_failed;
    std::vector<Subscription*> dead;
    for (const auto& subscription : dialog.subscriptions) {
        if (!subscription->due && !subscription->extras().retry_at) continue;
        if (auto& hook = static_cast<QueueHook&>(*subscription); hook.is_linked()) {
            hook.unlink();
            records_.unqueued(*subscription);
        }
        subscription->due = false;
        subscription->urgent = false;
        subscription->last_status = is_timeout ? 408 : 503;
        ++records_.stats.notify_outcomes[index_of(outcome)];
        const bool over = subscription->state == Subscription::State::terminated;
        const AnswerMeaning meaning = meaning_of({cause, false, is_lasting(*subscription)});
        if (over || meaning == AnswerMeaning::ends_subscription) {
            dead.push_back(subscription.get());
        } else {
            try_later(now, *subscription);
        }
    }
    if (!is_timeout) {
        outbox.note(
            Note::Severity::warning,
            "no route to watcher",
            "no address for " + std::string(dialog.state.remote_target()) + ", Call-ID " +
                std::string(dialog.state.call_id())
        );
    }
    arm(now, dialog);
    const bool all = dead.size() == dialog.subscriptions.size();
    if (all) reroute(dialog);
    for (Subscription* subscription : dead) {
        ++records_.stats.subscriptions_failed;
        records_.remove(now, *subscription, outbox);
    }
}

void NotifySender::handle_unsent(
    TimePoint now,
    const Flow& flow,
    std::string_view head,
    Unsent why,
    Outbox& outbox
) {
    constexpr std::string_view kParameter = ";branch=";
    const std::size_t begin = head.find(kParameter);
    if (begin == std::string_view::npos) return;
    const std::string_view rest = head.substr(begin + kParameter.size());
    const auto branch = branch_of(rest.substr(0, rest.find_first_of(";,\r")));
    const auto at = branch ? by_branch_.find(*branch) : by_branch_.end();
    if (at == by_branch_.end()) return;
    Dialog& dialog = *at->second;
    InFlight& in_flight = *dialog.in_flight;
    if (in_flight.flow != flow || in_flight.proceeding) return;
    trust_.give_back(hop_of(flow), size_of(dialog, in_flight.tail));
    if (why == Unsent::too_large) return abridge(now, dialog, outbox);
    give_up(now, dialog, NotifyOutcome::transport_failed, outbox);
}

/// What fits no datagram goes with less in it, at once; what has no body left fails.
void NotifySender::abridge(TimePoint now, Dialog& dialog, Outbox& outbox) {
    Subscription& subscription = *dialog.in_flight->subscription;
    dialog.silent_since.reset();  // nothing has left
    if (subscription.abridged == Abridged::without_body) {
        return give_up(now, dialog, NotifyOutcome::transport_failed, outbox);
    }
    const std::size_t bytes = dialog.in_flight->head.size() +
                              (dialog.in_flight->tail ? dialog.in_flight->tail->size() : 0);
    outbox.note(
        Note::Severity::warning,
        "NOTIFY fits no datagram",
        std::to_string(bytes) + " bytes for " + std::string(dialog.state.remote_target()) +
            ", Call-ID " + std::string(dialog.state.call_id()) +
            (subscription.abridged == Abridged::no
                 ? ": tried again without contacts that have ended"
                 : ": the subscription is given up; its watcher needs TCP"),
        dialog.in_flight->flow
    );
    if (dialog.in_flight->copies == 0) take_back(dialog);
    if (subscription.abridged == Abridged::no) {
        subscription.abridged = Abridged::without_ends;
    } else {
        subscription.abridged = Abridged::without_body;
        set_over(now, subscription, TerminationReason::giveup);
    }
    try_next(now, dialog, outbox);
}

}  // namespace reginfo
