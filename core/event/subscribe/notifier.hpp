/// @file
/// The notifier: SUBSCRIBE (RFC 6665 §4.2.1) and who is told of a change.
#pragma once

#include "core/base/time.hpp"
#include "core/event/notify/notify_scheduler.hpp"
#include "core/event/package.hpp"
#include "core/event/records/records.hpp"
#include "core/event/records/waiting_requests.hpp"
#include "core/outbox.hpp"
#include "core/transaction/responder.hpp"

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace reginfo {

/// Makes, refreshes and ends subscriptions, and turns a change of an AOR into NOTIFYs.
class Notifier {
public:
    /// All of it must outlive this.
    Notifier(
        Records& records,
        WaitingRequests& waiting,
        Responder& responder,
        NotifyScheduler& scheduler
    )
        : records_(records), waiting_(waiting), responder_(responder), scheduler_(scheduler) {}

    /// Carries out a SUBSCRIBE, or lets it wait its turn.
    ///
    /// Rejects  400 malformed; 403 leads to a forbidden place; 404 no AOR; 406 cannot take
    ///          reginfo; 423 too brief; 480 no active contact where the profile needs one, after
    ///          Settings::ims_hold; 481 no such dialog or subscription; 489 not `reg`; 500 CSeq
    ///          out of order; 503 a bound is reached.
    void handle_subscribe(
        TimePoint now,
        const Request& request,
        std::string_view bytes,
        Outbox& outbox
    );

    /// The subscription's time is over (RFC 6665 §4.2.2).
    void handle_expiry(TimePoint now, Subscription& subscription, Outbox& outbox);

    /// The AOR has a new revision: all its watchers are due. They are told some at a time, by run.
    void aor_changed(Aor& aor);

    /// All its watchers are due, also those who know the newest revision.
    void tell_again(Aor& aor);

    /// Tells the subscription what it is not known to have been told. Returns whether there is
    /// something.
    bool tell_if_untold(TimePoint now, Subscription& subscription, Outbox& outbox);

    /// Some of what the AOR's set lists may be registered now that was not: lets in those who wait
    /// for it.
    void registered(const Aor& aor);

    /// Goes on telling, and moving those who are to move; at most `count` watchers. Returns whether
    /// there are more.
    bool run(TimePoint now, std::size_t count, Outbox& outbox);

private:
    struct Change;

    /// What a SUBSCRIBE asks for, checked.
    struct Wish {
        Seconds expires{0};
        std::optional<std::string> event_id;
        RemoteParty party;
        Profile profile = Profile::standard;
        std::uint64_t watcher = 0;
        std::string aor_text;
        Rates rates;
        std::optional<std::string_view> condition;  ///< Suppress-If-Match
        std::string_view contact_leads_to;          ///< a forbidden_place; else empty
        std::string_view route_leads_to;            ///< the same of the first Record-Route
    };

    Result<Wish> read(const Request& request) const;
    bool forbids(
        TimePoint now,
        const Wish& wish,
        const DialogState& state,
        const Request& request,
        Outbox& outbox
    );
    static bool is_met(
        const Wish& wish,
        Profile profile,
        std::string_view name,
        const Aor* aor,
        std::string_view aor_text
    );
    static bool is_over(const Subscription& subscription);
    // follow.cpp
    /// An AOR, which need not be there.
    struct Place {
        std::string name;
        Aor* aor = nullptr;
    };
    std::optional<Place> place_of(const Subscription& like, Profile profile);
    void wait_for_publish(
        TimePoint now,
        const Request& request,
        std::string_view bytes,
        std::string_view identity,
        Profile profile,
        Outbox& outbox
    );
    Reply not_registered(Profile profile) const;
    void suspect(Subscription& subscription);
    bool follow(TimePoint now, Subscription& subscription, Outbox& outbox);
    void move(TimePoint now, Subscription& subscription, Aor& to, Outbox& outbox);
    void follow_suspects(TimePoint now, std::size_t count, Outbox& outbox);
    void end_same_contact(TimePoint now, const Subscription& fresh, Outbox& outbox);
    void tell(TimePoint now, Change& change, Subscription& subscription, Outbox& outbox);
    bool knows_news(Subscription& subscription);
    void tell_change(TimePoint now, Subscription& subscription, Outbox& outbox);
    void subscribe(TimePoint now, const Request& request, std::string_view bytes, Outbox& outbox);
    void resubscribe(TimePoint now, const Request& request, std::string_view bytes, Outbox& outbox);
    /// @param dialog  of a SUBSCRIBE within one
    std::optional<Bound> bound_reached(
        const Aor* aor,
        const Dialog* dialog,
        const Change& change,
        const Wish& wish
    ) const;
    void refuse(TimePoint now, const Request& request, const Reply& reply, Outbox& outbox);
    /// @param subject  the AOR
    void refuse_by(
        TimePoint now,
        const Request& request,
        Bound bound,
        std::string_view subject,
        Profile profile,
        Outbox& outbox
    );
    void hold(
        TimePoint now,
        RequestQueue& queue,
        const Request& request,
        std::string_view bytes,
        Outbox& outbox
    );
    void reserve(Change& change);
    void give_back(Change& change);
    void apply(TimePoint now, Change& change, Outbox& outbox);
    void fail(TimePoint now, Change& change, Outbox& outbox);
    void begin(TimePoint now, Change& change, Wish wish, Outbox& outbox);
    std::vector<Write> writes_of(TimePoint now, Change& change);
    void unlock(Dialog& dialog);
    void unlock_unchanged(TimePoint now, Dialog& dialog, Outbox& outbox);

    Records& records_;
    WaitingRequests& waiting_;
    Responder& responder_;
    NotifyScheduler& scheduler_;
    std::deque<Aor*> fan_outs_;
    std::deque<Slot> suspects_;  ///< subscriptions that may have to move
};

}  // namespace reginfo
