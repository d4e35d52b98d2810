/// @file
/// What becomes of a NOTIFY that its watcher did not get: it could not leave, or nobody answers.

#include "core/dialog/dialog.hpp"
#include "core/event/kamailio_terms.hpp"
#include "core/event/notify_sender.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
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

/// What fits no datagram goes on the connection of the SUBSCRIBE, or at once with less in it; what
/// has no body left fails. Who goes by ends, as Kamailio does, is told of them in a NOTIFY of their
/// own first: for others a full document says it by what it does not list.
void NotifySender::abridge(TimePoint now, Dialog& dialog, Outbox& outbox) {
    Subscription& subscription = *dialog.in_flight->subscription;
    dialog.silent_since.reset();  // nothing has left
    const bool has_way = can_go_back(dialog);
    if (!has_way && subscription.abridged == Abridged::without_body) {
        return give_up(now, dialog, NotifyOutcome::transport_failed, outbox);
    }
    if (dialog.in_flight->copies == 0) take_back(dialog);
    if (has_way) {
        go_back(dialog, outbox);
        return try_next(now, dialog, outbox);
    }
    const std::size_t bytes = dialog.in_flight->head.size() +
                              (dialog.in_flight->tail ? dialog.in_flight->tail->size() : 0);
    std::string detail = std::to_string(bytes) + " bytes for ";
    detail.append(dialog.state.remote_target()).append(", Call-ID ");
    detail.append(dialog.state.call_id()).append(": ");
    if (subscription.abridged == Abridged::no &&
        knows_uris(traits_of(subscription.profile).documents)) {
        subscription.abridged = Abridged::only_ends;
        detail.append("first the contacts that have ended, then the others");
    } else if (subscription.abridged < Abridged::without_ends) {
        subscription.abridged = Abridged::without_ends;
        detail.append("tried again without contacts that have ended");
    } else {
        subscription.abridged = Abridged::without_body;
        set_over(now, subscription, TerminationReason::giveup);
        detail.append("it ends the subscription and has no document; the watcher needs TCP");
    }
    outbox.note(
        Note::Severity::warning,
        "NOTIFY fits no datagram",
        std::move(detail),
        dialog.in_flight->flow
    );
    try_next(now, dialog, outbox);
}

/// Ends that were told alone are followed by what is active.
void NotifySender::abridged_accepted(Subscription& subscription) {
    const bool follows = subscription.abridged == Abridged::only_ends;
    subscription.abridged = follows ? Abridged::after_ends : Abridged::no;
    subscription.due = subscription.due || follows;
    subscription.urgent = subscription.urgent || follows;
}

}  // namespace reginfo
