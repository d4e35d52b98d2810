/// @file
/// Sends NOTIFYs: one in flight a dialog, within the window of its next hop and the pace of its
/// subscription, always with the newest state (DESIGN.md rules 5, 11, 12).
#pragma once

#include "core/event/records.hpp"
#include "core/event/send_window.hpp"
#include "core/outbox.hpp"
#include "core/sip/headers.hpp"
#include "core/sip/message.hpp"
#include "core/time.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace reginfo {

/// What the answer to a NOTIFY means for its subscription (RFC 6665 §4.2.2).
enum class AnswerMeaning : std::uint8_t { success, ends_subscription, failed };
AnswerMeaning meaning_of(int status);

/// The notifier's client transactions (RFC 3261 §17.1.2) and what decides when one begins.
///
/// A change marks subscriptions as due; the NOTIFY is written when its turn comes, so whatever
/// changed in between is in it.
class NotifySender {
public:
    explicit NotifySender(Records& records) : records_(records) {}

    /// The subscription has something to tell; `urgent` passes pace and queue.
    void notify(TimePoint now, Subscription& subscription, bool urgent, Outbox& outbox);

    /// The subscription is over: its last NOTIFY says so and then it is removed. With a NOTIFY
    /// of the dialog unanswered, that one is awaited or superseded first.
    void terminate(
        TimePoint now,
        Subscription& subscription,
        TerminationReason reason,
        Outbox& outbox
    );

    /// A response came (RFC 3261 §17.1.3). Returns whether it belongs to a NOTIFY of ours.
    bool handle_response(
        TimePoint now,
        const sip::Message& response,
        const sip::Via& top_via,
        Outbox& outbox
    );

    void handle_flow_closed(TimePoint now, const Flow& flow, Outbox& outbox);
    void handle_resolved(
        TimePoint now,
        ResolveId id,
        std::span<const Endpoint> endpoints,
        Outbox& outbox
    );

    /// A deadline of the dialog has passed.
    void handle_timeout(TimePoint now, Dialog& dialog, Outbox& outbox);

    /// Forgets the windows of next hops to which nothing is on its way. Call at the end of a turn.
    void forget_idle_windows();

    /// The dialog's target, route or expiry changed: what waits may leave now, or by another way.
    void reroute(Dialog& dialog);

private:
    struct HopHash {
        std::size_t operator()(const Flow& flow) const;
    };

    struct Reservation;

    bool has_reservation(const Subscription& subscription) const;
    void reserve(TimePoint now, Dialog& dialog, Outbox& outbox);

    void pump(TimePoint now, Dialog& dialog, Outbox& outbox);
    void send(
        TimePoint now,
        Subscription& subscription,
        const Flow& flow,
        SendWindow& window,
        Outbox& outbox
    );
    std::string write_head(
        TimePoint now,
        const Subscription& subscription,
        const Flow& flow,
        std::uint64_t branch,
        const NotifyBody& body
    );
    void retransmit(TimePoint now, InFlight& in_flight, Outbox& outbox);
    /// Ends the transaction in flight and makes room for others.
    void finish(TimePoint now, Dialog& dialog, NotifyOutcome outcome, Outbox& outbox);
    void give_up(TimePoint now, Dialog& dialog, NotifyOutcome outcome, Outbox& outbox);
    void fail_unsent(TimePoint now, Dialog& dialog, Outbox& outbox);
    void drain(TimePoint now, SendWindow& window, Outbox& outbox);
    void arm(TimePoint now, Dialog& dialog);

    Subscription* next_due(TimePoint now, Dialog& dialog) const;
    TimePoint ready_at(TimePoint now, const Subscription& subscription) const;
    TimePoint supersede_at(TimePoint now, const InFlight& in_flight, const Subscription& next)
        const;

    /// The way to the dialog's next hop; nothing while its name is being resolved, or if there
    /// is none: then `dead` is set.
    std::optional<Flow> route(Dialog& dialog, bool& dead, Outbox& outbox);
    std::optional<ListenerId> listener_for(
        const Dialog& dialog,
        Transport transport,
        const IpAddress& to
    ) const;
    SendWindow& window_of(const Flow& flow);

    Records& records_;
    boost::unordered_flat_map<std::uint64_t, Dialog*> by_branch_;
    boost::unordered_flat_map<ResolveId, Dialog*> resolving_;
    boost::unordered_flat_map<Flow, std::unique_ptr<SendWindow>, HopHash> windows_;
    std::vector<Flow> maybe_idle_;  ///< keys of windows_ that have become empty in this turn
    ResolveId last_resolve_ = 0;
    std::string document_head_;  ///< scratch
};

}  // namespace reginfo
