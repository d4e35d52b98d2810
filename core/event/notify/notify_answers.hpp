/// @file
/// What becomes of a subscription when a NOTIFY is answered, or is not (RFC 6665 §4.2.2).
#pragma once

#include "core/base/time.hpp"
#include "core/event/notify/next_hops.hpp"
#include "core/event/notify/send_windows.hpp"
#include "core/event/records/records.hpp"
#include "core/outbox.hpp"
#include "core/sip/message.hpp"
#include "core/stats.hpp"

namespace reginfo {

/// Does to the subscription what the end of its NOTIFY means (answer_rules.hpp), but for ending it:
/// InFlight::meaning has that, and the scheduler does it.
class NotifyAnswers {
public:
    /// All of it must outlive this.
    NotifyAnswers(Records& records, NextHops& next_hops, SendWindows& windows)
        : records_(records), next_hops_(next_hops), windows_(windows) {}

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

    Records& records_;
    NextHops& next_hops_;
    SendWindows& windows_;
};

}  // namespace reginfo
