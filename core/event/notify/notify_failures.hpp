/// @file
/// What follows when a NOTIFY did not reach its watcher, or is not answered.
#pragma once

#include "core/base/time.hpp"
#include "core/event/notify/next_hops.hpp"
#include "core/event/notify/notify_answers.hpp"
#include "core/event/notify/send_windows.hpp"
#include "core/event/records/subscription_ends.hpp"
#include "core/outbox.hpp"
#include "core/settings.hpp"
#include "core/stats.hpp"

#include <vector>

namespace reginfo {

/// Chooses what comes next: the same next hop, another one, less in the NOTIFY, a wait, or the end.
/// Marks the dialog and its subscription so, and returns with which outcome the NOTIFY in flight is
/// to be finished; the scheduler does that, and goes on.
class NotifyFailures {
public:
    /// All of it must outlive this.
    struct Parts {
        const Settings& settings;
        Stats& stats;
        SubscriptionEnds& ends;
        NextHops& next_hops;
        SendWindows& windows;
        NotifyAnswers& answers;
    };

    explicit NotifyFailures(const Parts& parts)
        : settings_(parts.settings),
          stats_(parts.stats),
          ends_(parts.ends),
          next_hops_(parts.next_hops),
          windows_(parts.windows),
          answers_(parts.answers) {}

    /// There was no response for T1.
    void late(TimePoint now, InFlight& in_flight);

    /// No answer to the dialog's NOTIFY is awaited any more.
    /// @param why  superseded, timed_out or transport_failed
    NotifyOutcome given_up(TimePoint now, Dialog& dialog, NotifyOutcome why, Outbox& outbox);

    /// It goes by another way, with what is new by now.
    static NotifyOutcome try_next(Dialog& dialog);

    /// It fits no datagram: it goes on the connection of the SUBSCRIBE, or at once with less in it.
    /// What has no body left fails.
    NotifyOutcome too_large(TimePoint now, Dialog& dialog, Outbox& outbox);

    /// The connection that it left by has ended, or none could be made. One that is gone is
    /// replaced once by a new one to the next hop. A large NOTIFY whose peer does not take TCP goes
    /// by UDP: with its CSeq where no connection could be made, else with the next one, as the peer
    /// may have it.
    /// @param was_there  there was a connection, so that it may have arrived
    NotifyOutcome connection_lost(
        TimePoint now,
        Dialog& dialog,
        const Flow& flow,
        bool was_there,
        Outbox& outbox
    );

    /// There is no way to the next hop for what is due in the dialog, or nobody answers there.
    /// Returns the subscriptions that end by that.
    /// @param cause  kNoAnswer, kTransportError or kNoRoute
    std::vector<Subscription*> unreachable(
        TimePoint now,
        Dialog& dialog,
        int cause,
        Outbox& outbox
    );

    /// Whether another candidate of the next hop takes its turn.
    bool fail_over(TimePoint now, Dialog& dialog, Outbox& outbox);
    /// Whether it is the turn of the connection that the SUBSCRIBE came by.
    bool go_back(Dialog& dialog, Outbox& outbox);

private:
    static void reuse_cseq(Dialog& dialog);
    void note_abridged(const InFlight& in_flight, Outbox& outbox) const;

    const Settings& settings_;
    Stats& stats_;
    SubscriptionEnds& ends_;
    NextHops& next_hops_;
    SendWindows& windows_;
    NotifyAnswers& answers_;
};

}  // namespace reginfo
