/// @file
/// One subscription.
#pragma once

#include "core/base/compact_optional.hpp"
#include "core/base/slot_table.hpp"
#include "core/base/texts.hpp"
#include "core/base/time.hpp"
#include "core/base/timer_queue.hpp"
#include "core/event/records/queue_ages.hpp"
#include "core/event/state/aor_state.hpp"
#include "core/event/watcher/abridgement.hpp"
#include "core/event/watcher/pacing.hpp"
#include "core/event/watcher/profile.hpp"
#include "core/event/watcher/rate_control.hpp"
#include "core/event/watcher/termination_reason.hpp"

#include <boost/intrusive/list.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace reginfo {

class Aor;
struct Dialog;

using WatcherHook = boost::intrusive::list_base_hook<
    boost::intrusive::tag<struct WatcherTag>,
    boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;
using QueueHook = boost::intrusive::list_base_hook<
    boost::intrusive::tag<struct QueueTag>,
    boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;

/// Which NOTIFY of a subscription is due.
enum class Due : std::uint8_t {
    nothing,  ///< none, but for what is in flight
    again,    ///< one that repeats what failed, at Extras::retry_at
    news,     ///< one with news, in its turn
    urgent,   ///< one that leaves at once: due to a SUBSCRIBE, or the last one
};

/// One subscription (RFC 6665 §4.2.2): its watcher, and what the watcher has.
struct Subscription : WatcherHook, QueueHook {
    enum class State : std::uint8_t { active, terminated };

    Subscription(Dialog& in, Aor& of) : dialog(in), aor_(&of) {}

    /// @param aor_text_  the AOR as the watcher wrote it
    void name(std::optional<std::string_view> event_id_, std::string_view aor_text_);
    std::optional<std::string_view> event_id() const;
    std::string_view aor_text() const;

    /// Whose state it gets: the AOR subscribed to, or the one whose implicit registration set lists
    /// it (ProfileTraits::needs_contact).
    Aor& aor() const { return *aor_; }

    Dialog& dialog;
    std::uint64_t watcher = 0;  ///< whose it is, for the bound of subscriptions per watcher
    Revision acked = 0;         ///< that the watcher answered last with 2xx
    /// What its watcher was granted; of a terminated one on probation: when to come back.
    TimePoint deadline;
    TokenBucket pace;
    Timer timer;
    std::uint32_t version = 0;           ///< of the next document
    std::uint32_t version_reserved = 0;  ///< documents may use versions below this one
    QueueAges::Tick queued_at = 0;       ///< while it is in a queue
    Slot slot = 0;
    /// Of the answer to the last NOTIFY; 408 for none, 503 if there was no way to the watcher, 0
    /// before the first.
    std::uint16_t last_status = 0;
    std::uint8_t failures = 0;  ///< NOTIFYs in a row that failed; those within 30 s count as one
    Profile profile = Profile::standard;
    State state = State::active;
    Abridgement abridgement;
    TerminationReason reason = TerminationReason::timeout;  ///< of a terminated one
    /// The next document must be: the first, one due to a SUBSCRIBE, one after a NOTIFY without 2xx
    /// or a jump (RULES.md, "One NOTIFY in flight", "First documents are full").
    bool full_next : 1 = true;
    bool is_stray : 1 = false;  ///< what it is to is registered nowhere now (Strays)
    bool may_move : 1 = false;  ///< IdentityMoves::run looks whether it has to

    /// What few subscriptions have, so that the others need not have the room.
    struct Extras {
        Texts names;                         ///< see name()
        std::unique_ptr<RateControl> rates;  ///< none if the watcher asked for none
        TimePoint not_before;                ///< Retry-After of a failed NOTIFY
        TimePoint failed_at;                 ///< the last failure that counts
        TimePoint retry_at;                  ///< see Due::again
        /// The NOTIFY due to a SUBSCRIBE has no body as long as this is the newest (RFC 5839
        /// §6.2).
        CompactOptional<Revision> known_to_watcher;
    };

    const Extras& extras() const { return extras_ ? *extras_ : kNoExtras; }
    Extras& set_extras();
    RateControl* rates() const { return extras().rates.get(); }
    void forget_known() {
        if (extras_) extras_->known_to_watcher.reset();
    }

    Due due() const { return due_; }
    bool is_due() const { return due_ >= Due::news; }
    bool is_urgent() const { return due_ == Due::urgent; }
    void set_due() { due_ = std::max(due_, Due::news); }
    void set_urgent() { due_ = Due::urgent; }
    /// A NOTIFY did not reach the watcher, and is repeated then; news does not wait for that.
    void set_again(TimePoint at) {
        set_extras().retry_at = at;
        due_ = std::max(due_, Due::again);
    }
    void set_sent() { due_ = Due::nothing; }

    /// It waits for room in a window.
    bool is_queued() const { return static_cast<const QueueHook&>(*this).is_linked(); }

    std::size_t bytes() const;  ///< with all that it holds on the heap

private:
    friend class SubscriptionStore;  // which moves it

    static const Extras kNoExtras;

    Due due_ = Due::nothing;
    Aor* aor_;
    std::unique_ptr<Extras> extras_;
};

using WatcherList = boost::intrusive::list<
    Subscription,
    boost::intrusive::base_hook<WatcherHook>,
    boost::intrusive::constant_time_size<false>>;
using QueueList = boost::intrusive::list<
    Subscription,
    boost::intrusive::base_hook<QueueHook>,
    boost::intrusive::constant_time_size<false>>;

}  // namespace reginfo
