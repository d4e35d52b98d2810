/// @file
/// What becomes of a subscription when a NOTIFY is answered, or is not (RFC 6665 §4.2.2).
#pragma once

#include "core/base/time.hpp"
#include "core/event/notify/next_hops.hpp"
#include "core/event/notify/send_windows.hpp"
#include "core/event/records/acknowledgements.hpp"
#include "core/event/records/pending_changes.hpp"
#include "core/event/records/subscription_store.hpp"
#include "core/event/records/unsettled.hpp"
#include "core/outbox.hpp"
#include "core/settings.hpp"
#include "core/sip/message.hpp"
#include "core/stats.hpp"

namespace reginfo {

/// Does to the subscription what the end of its NOTIFY means (answer_rules.hpp), but for ending it:
/// InFlight::meaning has that, and the scheduler does it.
class NotifyAnswers {
public:
    /// All of it must outlive this.
    struct Parts {
        const Settings& settings;
        Stats& stats;
        PendingChanges& changes;
        SubscriptionStore& subscriptions;
        Unsettled& unsettled;
        Acknowledgements& acknowledgements;
        NextHops& next_hops;
        SendWindows& windows;
    };

    explicit NotifyAnswers(const Parts& parts)
        : settings_(parts.settings),
          stats_(parts.stats),
          changes_(parts.changes),
          subscriptions_(parts.subscriptions),
          unsettled_(parts.unsettled),
          acknowledgements_(parts.acknowledgements),
          next_hops_(parts.next_hops),
          windows_(parts.windows) {}

    /// The dialog's NOTIFY got a final response.
    NotifyOutcome answered(
        TimePoint now,
        Dialog& dialog,
        const sip::Message& response,
        Outbox& outbox
    );

    /// A NOTIFY got none, or did not leave.
    /// @param status  the status that a transaction user takes this for (RFC 3261 §8.1.3.1): 408 or
    /// 503
    /// @param cause   kNoAnswer, kTransportError or kNoRoute
    AnswerMeaning failed(TimePoint now, Subscription& subscription, int status, int cause) const;

    /// Target or route set of the dialog has changed: what waits may leave now, or by another way.
    void reroute(Dialog& dialog);

private:
    void accepted(TimePoint now, Dialog& dialog, const sip::Message& response, Outbox& outbox);
    bool take_target(Dialog& dialog, const sip::Message& response);
    bool take_rates(TimePoint now, Subscription& subscription, const sip::Message& response) const;
    void extend_by_delay(TimePoint now, const InFlight& in_flight);
    void try_later(TimePoint now, Subscription& subscription) const;

    const Settings& settings_;
    Stats& stats_;
    PendingChanges& changes_;
    SubscriptionStore& subscriptions_;
    Unsettled& unsettled_;
    Acknowledgements& acknowledgements_;
    NextHops& next_hops_;
    SendWindows& windows_;
};

}  // namespace reginfo
