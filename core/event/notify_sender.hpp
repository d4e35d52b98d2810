/// @file
/// Sends NOTIFYs: one in flight a dialog, within the window of its next hop and the pace of its
/// subscription, always with the newest state (DESIGN.md rules 5, 11, 12).
#pragma once

#include "core/event/answer_rules.hpp"
#include "core/event/hop.hpp"
#include "core/event/hop_trust.hpp"
#include "core/event/records.hpp"
#include "core/event/send_window.hpp"
#include "core/event/window_gauges.hpp"
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

/// Whether a Contact that is tried leaves another way: back on the connection that the SUBSCRIBE
/// came by.
bool can_go_back(const Dialog& dialog);

/// The notifier's client transactions (RFC 3261 §17.1.2) and what decides when one begins.
///
/// A change marks subscriptions as due; the NOTIFY is written when its turn comes, so whatever
/// changed in between is in it.
class NotifySender {
public:
    explicit NotifySender(Records& records);

    /// The subscription has something to tell; `urgent` passes pace and queue.
    void notify(TimePoint now, Subscription& subscription, bool urgent, Outbox& outbox);

    /// The subscription is over: its last NOTIFY says so and then it is removed. With a NOTIFY
    /// of the dialog unanswered, that one is awaited or superseded first. It is removed without
    /// having been told after 64 T1 (drop_untold).
    void terminate(
        TimePoint now,
        Subscription& subscription,
        TerminationReason reason,
        Outbox& outbox
    );

    /// The subscription is over and its watcher does not want to be told so (RFC 5839 §6.3).
    void end_silently(TimePoint now, Subscription& subscription, Outbox& outbox);

    /// The subscription is over and the time for its last NOTIFY as well.
    void drop_untold(TimePoint now, Subscription& subscription, Outbox& outbox);

    /// The subscription has nothing to tell any more, or at another time.
    void rearm(TimePoint now, Dialog& dialog, Outbox& outbox) { pump(now, dialog, outbox); }

    /// A SUBSCRIBE came: whoever sent it is there, whatever it did not answer before.
    static void subscribed(Dialog& dialog);

    /// A response came (RFC 3261 §17.1.3). Returns whether it belongs to a NOTIFY of ours.
    bool handle_response(
        TimePoint now,
        const sip::Message& response,
        const sip::Via& top_via,
        Outbox& outbox
    );

    void handle_flow_closed(TimePoint now, const Flow& flow, Outbox& outbox);

    /// A datagram did not leave (Engine::handle_unsent). A NOTIFY that fits none goes again without
    /// the contacts that have ended; if it still does not, the subscription is given up, which the
    /// last NOTIFY says without a body.
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
    std::optional<TimePoint> next_deadline() const { return window_timers_.next_deadline(); }

    /// Forgets the windows of next hops to which nothing is on its way. Call at the end of a turn.
    void forget_idle_windows();

    const WindowGauges& window_gauges() const { return gauges_; }
    const HopTrust& hop_trust() const { return trust_; }

    /// No NOTIFY is unanswered, or waits for a window or for an address.
    bool is_idle() const {
        return by_branch_.empty() && resolving_.empty() && records_.stats.notifies_queued == 0;
    }

    /// The dialog's target, route or expiry changed: what waits may leave now, or by another way.
    void reroute(Dialog& dialog);

private:
    struct Reservation;

    NotifyOutcome take_answer(
        TimePoint now,
        Dialog& dialog,
        const sip::Message& response,
        Outbox& outbox
    );
    void accepted(TimePoint now, Dialog& dialog, const sip::Message& response, Outbox& outbox);
    bool take_target(Dialog& dialog, const sip::Message& response);
    bool take_rates(TimePoint now, Subscription& subscription, const sip::Message& response);
    bool has_reservation(const Subscription& subscription) const;
    void reserve(TimePoint now, Dialog& dialog, Outbox& outbox);

    void pump(TimePoint now, Dialog& dialog, Outbox& outbox);
    SendWindow* window_with_room(
        TimePoint now,
        Subscription& subscription,
        const Flow& flow,
        Outbox& outbox
    );
    void wait(TimePoint now, Subscription& subscription, SendWindow& window, Outbox& outbox);
    void send(
        TimePoint now,
        Subscription& subscription,
        const Flow& flow,
        SendWindow& window,
        NotifyBody body,
        bool too_large_for_udp,
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
    void send_again(TimePoint now, InFlight& in_flight, Outbox& outbox);
    void heard(TimePoint now, InFlight& in_flight, int status);
    void late(TimePoint now, InFlight& in_flight);
    void trust(SendWindow& window);
    void leave_queues(Dialog& dialog);
    static bool is_lasting(const Subscription& subscription);
    void set_over(TimePoint now, Subscription& subscription, TerminationReason reason);
    void time_out_waiting(TimePoint now, Dialog& dialog, Outbox& outbox);
    std::optional<TimePoint> wait_for_trust(
        TimePoint now,
        const SendWindow& window,
        const Flow& flow,
        std::size_t bytes,
        Outbox& outbox
    );
    void trace_sent(const Subscription& subscription, Outbox& outbox);
    void trace_end(TimePoint now, const InFlight& over, NotifyOutcome outcome, Outbox& outbox);
    /// Ends the transaction in flight and makes room for others.
    void finish(TimePoint now, Dialog& dialog, NotifyOutcome outcome, Outbox& outbox);
    void give_up(TimePoint now, Dialog& dialog, NotifyOutcome outcome, Outbox& outbox);
    void try_later(TimePoint now, Subscription& subscription) const;
    static void count_failure(TimePoint now, Subscription& subscription);
    void abridge(TimePoint now, Dialog& dialog, Outbox& outbox);
    static void abridged_accepted(Subscription& subscription);
    void outlast(TimePoint now, const InFlight& in_flight);
    void remove(TimePoint now, Dialog& dialog, Subscription& subscription, Outbox& outbox);
    void remove_failed(TimePoint now, Dialog& dialog, Subscription& subscription, Outbox& outbox);
    void try_next(TimePoint now, Dialog& dialog, Outbox& outbox);
    /// @param cause  kTransportError or kNoRoute
    void fail_unsent(TimePoint now, Dialog& dialog, int cause, Outbox& outbox);
    void believe_udp_only(TimePoint now, const Endpoint& peer);
    static void take_back(Dialog& dialog);
    bool was_connected(const Flow& gone);
    static std::optional<Endpoint> known_hop(const Dialog& dialog);
    void drain(TimePoint now, SendWindow& window, Outbox& outbox);
    void arm(SendWindow& window, TimePoint now) {
        window_timers_.set(window, window.next_deadline(now));
    }
    void arm(TimePoint now, Dialog& dialog);

    Subscription* next_due(TimePoint now, Dialog& dialog) const;
    static std::optional<TimePoint> wake_at(const Subscription& subscription);
    TimePoint ready_at(TimePoint now, const Subscription& subscription) const;
    TimePoint supersede_at(TimePoint now, const InFlight& in_flight, const Subscription& next)
        const;

    /// The way to the dialog's next hop; nothing while its name is being resolved, or if there
    /// is none: then `dead` is set.
    std::optional<Flow> route(TimePoint now, Dialog& dialog, bool& dead, Outbox& outbox);
    std::optional<Target> candidate(TimePoint now, Dialog& dialog);
    bool is_forbidden(const Dialog& dialog, const Endpoint& to, Outbox& outbox);
    /// A response came: the candidate that the NOTIFY in flight went to does not fail.
    void heard_from(Dialog& dialog);
    static std::size_t size_of(const Dialog& dialog, const SharedBytes& tail);
    /// No NOTIFY to the candidate in use had any response for as long as timer F.
    bool is_silent(TimePoint now, const Dialog& dialog) const;
    TimePoint silent_until(const Dialog& dialog) const;
    /// The candidate that the NOTIFY in flight went to has failed (RFC 3263 §4.3). Returns whether
    /// it is another one's turn; if not, the name will be looked up again.
    bool fail_over(TimePoint now, Dialog& dialog, Outbox& outbox);
    /// The Contact cannot be reached. Returns whether it is the turn of the other way.
    bool go_back(Dialog& dialog, Outbox& outbox);
    std::optional<ListenerId> listener_for(
        const Dialog& dialog,
        Transport transport,
        const IpAddress& to
    ) const;
    /// The same next hop by TCP, if the NOTIFY is too large for UDP and the peer takes TCP.
    std::optional<Flow> larger_way(
        TimePoint now,
        const Subscription& subscription,
        const Flow& flow,
        const NotifyBody& body
    );
    SendWindow& window_of(const Flow& flow);
    std::unique_ptr<InFlight> new_in_flight();
    void put_away(std::unique_ptr<InFlight> in_flight);
    void send_copy(const InFlight& in_flight, Outbox& outbox);

    Records& records_;
    boost::unordered_flat_map<std::uint64_t, Dialog*> by_branch_;
    boost::unordered_flat_map<ResolveId, Dialog*> resolving_;
    boost::unordered_flat_map<Flow, std::unique_ptr<SendWindow>, HopHash> windows_;
    TimerQueue<SendWindow, &SendWindow::timer> window_timers_;
    WindowGauges gauges_;
    HopTrust trust_;
    /// Peers that refused TCP, and until when that is believed.
    boost::unordered_flat_map<Flow, TimePoint, HopHash> udp_only_;
    /// Next hops that failed, and until when others are tried first.
    boost::unordered_flat_map<Flow, TimePoint, HopHash> failed_;
    Flow ended_;  ///< the address of the connection whose end was told last, if it was by its id
    std::vector<Flow> maybe_idle_;  ///< keys of windows_ that were empty at some time of this turn
    ResolveId last_resolve_ = 0;
    std::string document_head_;  ///< scratch
    std::vector<std::unique_ptr<InFlight>> spare_in_flight_;
    std::vector<std::unique_ptr<SendWindow>> spare_windows_;
};

}  // namespace reginfo
