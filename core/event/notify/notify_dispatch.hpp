/// @file
/// Puts a NOTIFY on its way, and takes it off again.
#pragma once

#include "core/base/time.hpp"
#include "core/event/notify/documents.hpp"
#include "core/event/notify/next_hops.hpp"
#include "core/event/notify/notify_writer.hpp"
#include "core/event/notify/send_windows.hpp"
#include "core/event/records/observer_link.hpp"
#include "core/event/records/subscription_store.hpp"
#include "core/event/records/tracer.hpp"
#include "core/outbox.hpp"
#include "core/settings.hpp"
#include "core/stats.hpp"
#include "core/transaction/client_transactions.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace reginfo {

enum class Dispatched : std::uint8_t {
    sent,
    waits,      ///< for room in the window of the next hop
    resolving,  ///< the name of the next hop
    no_route,   ///< none of our listeners may or can reach the next hop
};

/// What a NOTIFY is made of and leaves through; all of it must outlive who sends it.
struct NotifyParts {
    const Settings& settings;
    Stats& stats;
    const ObserverLink& observer;
    SubscriptionStore& subscriptions;
    Documents& documents;
    ClientTransactions& transactions;
    NextHops& next_hops;
    SendWindows& windows;
    SpareTexts& spare_texts;
    Tracer& tracer;
};

class NotifyDispatch {
public:
    explicit NotifyDispatch(const NotifyParts& parts);

    /// Sends the newest state to the subscription's watcher, if there are a way and room.
    /// @pre nothing of its dialog is in flight
    Dispatched dispatch(TimePoint now, Subscription& subscription, Outbox& outbox);

    /// The subscription waits for room in the window of that flow's next hop.
    void wait(TimePoint now, Subscription& subscription, const Flow& flow, Outbox& outbox);

    /// Timer E fired (RFC 3261 §17.1.2.2): sends a copy, or lets it wait for the window.
    void retransmit(TimePoint now, InFlight& in_flight, Outbox& outbox);
    /// The copy may leave now.
    void send_again(TimePoint now, InFlight& in_flight, Outbox& outbox);

    /// The dialog's NOTIFY is over: its transaction is closed, and its place free. Give what this
    /// returns to put_away().
    std::unique_ptr<InFlight> close(
        TimePoint now,
        Dialog& dialog,
        NotifyOutcome outcome,
        Outbox& outbox
    );
    void put_away(std::unique_ptr<InFlight> in_flight);

    /// The dialog is about to be forgotten without a word. @pre it is on no agenda
    void drop(TimePoint now, Dialog& dialog);

private:
    /// A way on which a NOTIFY may leave now.
    struct Departure {
        Flow flow;
        SendWindow* window = nullptr;
        NotifyBody body;
        bool too_large_for_udp = false;
    };

    bool find_room(TimePoint now, Subscription& subscription, Departure& departure, Outbox& outbox);
    void send(TimePoint now, Subscription& subscription, Departure& departure, Outbox& outbox);
    void note_news(TimePoint now, InFlight& in_flight);
    std::unique_ptr<InFlight> new_in_flight();

    Stats& stats_;
    const ObserverLink& observer_;
    SubscriptionStore& subscriptions_;
    Documents& documents_;
    ClientTransactions& transactions_;
    NextHops& next_hops_;
    SendWindows& windows_;
    Tracer& tracer_;
    NotifyWriter writer_;
    std::vector<std::unique_ptr<InFlight>> spare_;
};

}  // namespace reginfo
