/// @file
/// When each NOTIFY leaves, and what follows from how it ends (RFC 6665 §4.2).
#pragma once

#include "core/base/time.hpp"
#include "core/event/notify/notify_agenda.hpp"
#include "core/event/notify/notify_answers.hpp"
#include "core/event/notify/notify_dispatch.hpp"
#include "core/event/notify/notify_failures.hpp"
#include "core/event/notify/notify_timing.hpp"
#include "core/event/records/acknowledgements.hpp"
#include "core/event/records/cseq_reservations.hpp"
#include "core/event/records/open_shards.hpp"
#include "core/event/records/pending_changes.hpp"
#include "core/event/records/subscription_ends.hpp"
#include "core/event/records/subscription_store.hpp"
#include "core/event/records/unsettled.hpp"
#include "core/event/records/waiting_requests.hpp"
#include "core/outbox.hpp"
#include "core/settings.hpp"
#include "core/sip/headers.hpp"
#include "core/sip/message.hpp"
#include "core/stats.hpp"

#include <cstddef>
#include <span>
#include <string_view>

namespace reginfo {

/// What the scheduler and the classes that it is made of work with; all of it must outlive it.
struct NotifySchedulerParts {
    NotifyParts notify;
    const OpenShards& shards;
    PendingChanges& changes;
    Unsettled& unsettled;
    Acknowledgements& acknowledgements;
    SubscriptionEnds& ends;
    WaitingRequests& waiting;
};

/// Sends NOTIFYs: one in flight a dialog, within the window of its next hop and the pace of its
/// subscription, always with the newest state.
///
/// A change marks subscriptions as due; the NOTIFY is written when its turn comes, so whatever
/// changed in between is in it. Whatever happens puts dialogs and windows on the agenda, which is
/// empty when a call returns.
class NotifyScheduler {
public:
    explicit NotifyScheduler(const NotifySchedulerParts& parts);

    /// A NOTIFY of the subscription is due; an urgent one waits for neither pace nor queue.
    void notify(TimePoint now, Subscription& subscription, bool urgent, Outbox& outbox);

    /// The subscription is over: its last NOTIFY is due, and then it is removed. An unanswered
    /// NOTIFY of the dialog is awaited or superseded first. After 64 T1 the subscription is removed
    /// without its last NOTIFY (drop_unsent).
    void terminate(
        TimePoint now,
        Subscription& subscription,
        TerminationReason reason,
        Outbox& outbox
    );

    /// The subscription is over and its watcher wants no NOTIFY of that (RFC 5839 §6.3).
    void end_silently(TimePoint now, Subscription& subscription, Outbox& outbox);

    /// The subscription is over and the time for its last NOTIFY as well.
    void drop_unsent(TimePoint now, Subscription& subscription, Outbox& outbox);

    /// What is due in the dialog is due no more, or at another time.
    void rearm(TimePoint now, Dialog& dialog, Outbox& outbox);

    /// A SUBSCRIBE came in the dialog: its watcher is there, whatever it did not answer before, and
    /// the target may be another one.
    void subscribed(Dialog& dialog);

    /// A response came (RFC 3261 §17.1.3). Returns whether it belongs to a NOTIFY of ours.
    bool handle_response(
        TimePoint now,
        const sip::Message& response,
        const sip::Via& top_via,
        Outbox& outbox
    );

    /// A connection has ended, or none could be made.
    void handle_flow_closed(TimePoint now, const Flow& flow, Outbox& outbox);

    /// A datagram did not leave (Engine::handle_unsent).
    void handle_unsent(
        TimePoint now,
        const Flow& flow,
        std::string_view head,
        Unsent why,
        Outbox& outbox
    );
    void handle_resolved(
        TimePoint now,
        ResolveId id,
        std::span<const Target> targets,
        Outbox& outbox
    );

    /// A deadline of the dialog has passed.
    void handle_timeout(TimePoint now, Dialog& dialog, Outbox& outbox);

    /// There is room again in windows that are waited for. At most `count` of them are looked at.
    void handle_windows(TimePoint now, std::size_t count, Outbox& outbox);

    /// Nothing leaves until resume().
    void suspend() {
        is_suspended_ = true;
        next_hops_.suspend();
    }
    /// Takes back every NOTIFY in flight: its answer may be lost. What is due leaves when
    /// deadlines are handled next.
    void resume(TimePoint now, Outbox& outbox);

    /// The dialog is about to be forgotten without a word: what it has in flight, and what waits.
    void drop(TimePoint now, Dialog& dialog) { dispatch_.drop(now, dialog); }

    /// No NOTIFY is unanswered, or waits for a window or for an address.
    bool is_idle() const {
        return transactions_.size() == 0 && !next_hops_.is_resolving() && !windows_.is_awaited();
    }

private:
    void schedule(Dialog& dialog) { agenda_.add(dialog); }
    void schedule(SendWindow& window) { agenda_.add(window); }
    void work(TimePoint now, Outbox& outbox) {
        if (!agenda_.is_empty()) work_off(now, outbox);
    }
    void work_off(TimePoint now, Outbox& outbox);
    void step(TimePoint now, Dialog& dialog, Outbox& outbox);
    bool step(TimePoint now, SendWindow& window, Outbox& outbox);
    void send_next(TimePoint now, Subscription& next, Outbox& outbox);
    void arm(TimePoint now, Dialog& dialog);

    void finish(TimePoint now, Dialog& dialog, NotifyOutcome outcome, Outbox& outbox);
    void take_back_all(TimePoint now, Outbox& outbox);
    void give_up(TimePoint now, Dialog& dialog, NotifyOutcome why, Outbox& outbox) {
        finish(now, dialog, failures_.given_up(now, dialog, why, outbox), outbox);
    }
    void fail_unsent(TimePoint now, Dialog& dialog, int cause, Outbox& outbox);
    void time_out_waiting(TimePoint now, Dialog& dialog, Outbox& outbox);
    void remove(TimePoint now, Dialog& dialog, Subscription& subscription, Outbox& outbox);
    void remove_failed(TimePoint now, Dialog& dialog, Subscription& subscription, Outbox& outbox) {
        ++stats_.subscriptions_failed;
        remove(now, dialog, subscription, outbox);
    }

    const Settings& settings_;
    Stats& stats_;
    const OpenShards& shards_;
    SubscriptionStore& subscriptions_;
    Unsettled& unsettled_;
    SubscriptionEnds& ends_;
    ClientTransactions& transactions_;
    NextHops& next_hops_;
    SendWindows& windows_;
    WaitingRequests& waiting_;
    NotifyTiming timing_;
    NotifyDispatch dispatch_;
    NotifyAnswers answers_;
    NotifyFailures failures_;
    CseqReservations reservations_;
    NotifyAgenda agenda_;
    bool is_suspended_ = false;
    TimePoint resumed_at_{TimePoint::min()};
};

}  // namespace reginfo
