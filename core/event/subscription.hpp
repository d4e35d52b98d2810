/// @file
/// Subscriptions, the dialogs that carry them and the AORs that they watch, as records.
#pragma once

#include "core/compact_optional.hpp"
#include "core/dialog/dialog.hpp"
#include "core/event/answer_rules.hpp"
#include "core/event/kept_state.hpp"
#include "core/event/profile.hpp"
#include "core/event/queue_ages.hpp"
#include "core/event/rate_control.hpp"
#include "core/event/standing.hpp"
#include "core/event/tracer.hpp"
#include "core/fixed_text.hpp"
#include "core/outbox.hpp"
#include "core/slot_table.hpp"
#include "core/texts.hpp"
#include "core/time.hpp"
#include "core/timer_queue.hpp"
#include "core/transaction/server_transactions.hpp"

#include <boost/container/small_vector.hpp>
#include <boost/intrusive/list.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reginfo {

class Aor;
struct Dialog;
class SendWindow;

/// A request held back until a commit is done, or a PUBLISH has come, as it came.
struct WaitingRequest {
    TransactionKey key;
    Flow flow;
    std::string bytes;
    CompactOptional<TimePoint> wait_until = {};  ///< Request::wait_until
};

/// Requests that must see each other's results in order: of one AOR, or of one dialog.
struct Turnstile {
    std::unique_ptr<std::deque<WaitingRequest>> waiting;  ///< none where nobody waits
    bool locked = false;                                  ///< a commit is pending
};

using WatcherHook = boost::intrusive::list_base_hook<
    boost::intrusive::tag<struct WatcherTag>,
    boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;
using QueueHook = boost::intrusive::list_base_hook<
    boost::intrusive::tag<struct QueueTag>,
    boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;

using InFlightHook = boost::intrusive::list_base_hook<
    boost::intrusive::tag<struct InFlightTag>,
    boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;
using CopyHook = boost::intrusive::list_base_hook<
    boost::intrusive::tag<struct CopyTag>,
    boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;

/// How a subscription ends (RFC 6665 §4.1.3).
enum class TerminationReason : std::uint8_t {
    deactivated,
    probation,
    rejected,
    timeout,
    giveup,
    noresource,
    invariant,
};

std::string_view text_of(TerminationReason reason);

/// What is left out of a NOTIFY because the one before fitted no datagram.
enum class Abridged : std::uint8_t {
    no,
    only_ends,   ///< to who must be told of each; what is active follows
    after_ends,  ///< what is active, and what has ended since
    without_ends,
    without_body,
};

/// Lets `burst` NOTIFYs pass at once and then one each interval (DESIGN.md rule 12).
class TokenBucket {
public:
    /// When the next NOTIFY may leave; not after `now` if at once.
    TimePoint ready_at(TimePoint now, std::uint32_t burst, Duration interval) const;
    void take(TimePoint now, std::uint32_t burst, Duration interval);

private:
    /// The bucket is full again at this time (the virtual scheduling form of the leaky bucket).
    TimePoint full_at_;
};

/// One subscription (RFC 6665 §4.2.2): who is told, and what was told.
struct Subscription : WatcherHook, QueueHook {
    enum class State : std::uint8_t { active, terminated };

    Subscription(Dialog& in, Aor& of) : dialog(in), aor_(&of) {}

    /// @param aor_text_  the AOR as the watcher wrote it
    void name(std::optional<std::string_view> event_id_, std::string_view aor_text_);
    std::optional<std::string_view> event_id() const;
    std::string_view aor_text() const;

    /// Whose state is told: the AOR subscribed to, or the one whose implicit registration set lists
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
    std::uint8_t failures = 0;  ///< NOTIFYs in a row, as NotifySender::count_failure counts them
    Profile profile = Profile::standard;
    State state = State::active;
    TerminationReason reason = TerminationReason::timeout;  ///< of a terminated one
    bool due : 1 = false;                                   ///< a NOTIFY must be sent
    bool urgent : 1 = false;  ///< at once: due to a SUBSCRIBE, or the last one
    /// The next document must be: the first, one due to a SUBSCRIBE, one after a NOTIFY without 2xx
    /// or a jump (DESIGN.md rules 5, 6).
    bool full_next : 1 = true;
    Abridged abridged : 3 = Abridged::no;
    bool is_stray : 1 = false;      ///< what it is to is registered nowhere now (Strays)
    bool is_suspected : 1 = false;  ///< it will be looked whether it is to move (Notifier::follow)

    /// What few subscriptions have, so that the others need not have the room.
    struct Extras {
        Texts names;                         ///< see name()
        std::unique_ptr<RateControl> rates;  ///< none if the watcher asked for none
        TimePoint not_before;                ///< Retry-After of a failed NOTIFY
        TimePoint failed_at;                 ///< the last failure that counts
        /// Of a NOTIFY that did not reach the watcher, which lives on; news goes without waiting
        /// for it.
        CompactOptional<TimePoint> retry_at;
        /// The NOTIFY due to a SUBSCRIBE has no body as long as this is the newest (RFC 5839
        /// §6.2).
        CompactOptional<Revision> known_to_watcher;
    };

    const Extras& extras() const { return extras_ ? *extras_ : kNoExtras; }
    Extras& set_extras();
    RateControl* rates() const { return extras().rates.get(); }
    void forget_retry() {
        if (extras_) extras_->retry_at.reset();
    }
    void forget_known() {
        if (extras_) extras_->known_to_watcher.reset();
    }
    std::size_t bytes() const;  ///< with all that it holds on the heap

private:
    friend class SubscriptionStore;  // which moves it

    static const Extras kNoExtras;

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

/// Instead of the time of a PUBLISH where there was none.
inline constexpr TimePoint kNoNews = TimePoint::min();

/// A NOTIFY that is not answered yet: the client transaction of RFC 3261 §17.1.2.
struct InFlight : InFlightHook, CopyHook {
    Subscription* subscription = nullptr;
    std::uint64_t branch = 0;
    std::uint32_t cseq = 0;
    Revision carried = 0;     ///< the revision that its document brings the watcher to
    bool terminates = false;  ///< it says that the subscription is over
    bool full = false;        ///< it has a full document
    AnswerMeaning meaning = AnswerMeaning::refused;  ///< of its end, once that has come
    bool proceeding = false;                         ///< a provisional response came
    bool too_large_for_udp = false;                  ///< the only reason why it went over TCP
    Standing standing = Standing::fresh;             ///< of its watcher when it left
    bool holds_place = false;                        ///< in `window`
    bool was_late = false;                           ///< which said what it says of the watcher
    std::uint8_t copies = 0;                         ///< retransmissions, at most 255 are counted
    Flow flow;
    SendWindow* window = nullptr;
    std::string head;
    SharedBytes tail;
    TimePoint sent_at;
    TimePoint last_sent_at;       ///< the newest copy
    TimePoint retransmit_at;      ///< timer E; TimePoint::max() if it does not run
    TimePoint timeout_at;         ///< timer F
    Duration interval{};          ///< of timer E
    TimePoint news_at = kNoNews;  ///< Aor::news_at, if that is news to the watcher
    TraceId trace = 0;            ///< whose way it is on
};

/// Where a next hop with a name is to be found, best first (RFC 3263 §4.3).
struct Candidates {
    std::vector<Target> targets;  ///< at least one
    std::size_t at = 0;           ///< the one in use
    TimePoint until;              ///< then the name is looked up again

    const Target& in_use() const { return targets[at]; }
    bool has_alternative() const { return at + 1 < targets.size(); }
};

/// The way to a next hop, where it is not simply the one that the SUBSCRIBE came by.
struct Way {
    std::optional<ResolveId> resolving;    ///< its name is being looked up
    std::optional<Candidates> candidates;  ///< it has a name, and this is where that is
    std::optional<Flow> direct;            ///< it is an address
};

/// A dialog with its usages: one subscription, or several that differ in Event id.
struct Dialog {
    [[no_unique_address]] DialogState state;  // whose tail has room for the flags
    bool reconnected = false;  ///< since the last answer, a lost connection was replaced
    bool is_stored = false;    ///< the store has a record of it
    /// A subscription ended while a record that still has it was being stored.
    bool record_lags = false;
    bool is_reserving = false;  ///< more CSeqs and versions are being asked for
    bool is_direct = false;     ///< the next hop is the address that the last SUBSCRIBE came from
    /// A NOTIFY was answered 2xx, in this process or an earlier one.
    bool has_accepted = false;
    Standing standing = Standing::fresh;
    std::uint16_t footprint = 0;  ///< as last measured (SubscriptionStore::measure)

    boost::container::small_vector<std::unique_ptr<Subscription>, 1> subscriptions;
    std::unique_ptr<InFlight> in_flight;  ///< at most one NOTIFY a dialog (DESIGN.md rule 5)
    std::unique_ptr<Way> way;             ///< none where nothing is known of it
    /// When a NOTIFY left by the way in use, with no response since.
    CompactOptional<TimePoint> silent_since;
    [[no_unique_address]] Turnstile turnstile;  // likewise
    std::optional<RequestShape> shape;          ///< until target or route changes
    std::uint32_t cseq_reserved = 0;            ///< NOTIFYs may use CSeqs up to this one
    Timer timer;

    Way& set_way();
    bool is_resolving() const { return way && way->resolving; }
    Candidates* candidates() { return way && way->candidates ? &*way->candidates : nullptr; }
    const Candidates* candidates() const { return const_cast<Dialog*>(this)->candidates(); }
    /// The way to a next hop that is an address, where it is known.
    const Flow* direct() const;
    void set_direct(const Flow& flow);
    /// Target or route has changed.
    void forget_way();
};

/// An AOR that is published, watched or both.
class Aor {
public:
    Aor(std::string_view name_, OpenStates& states) : name(name_), kept_(states) {}

    const FixedText name;  ///< canonical (sip::canonical_aor)

    const StateSummary& summary() const { return kept_.summary(); }
    Revision revision() const { return summary().revision; }
    StateReader state() const { return kept_.read(name); }
    void set_state(AorState state) { kept_.set(name, std::move(state)); }
    const KeptState& kept() const { return kept_; }

    WatcherList watchers;
    WatcherList::iterator next_told;  ///< how far telling a change has come, while that goes on
    TimePoint news_at = kNoNews;      ///< when the PUBLISH came that made the newest revision
    Timer timer;
    [[no_unique_address]] Turnstile turnstile;  // whose tail has room for the flags
    bool is_telling = false;
    bool is_stored = false;  ///< the store has a record of it
    bool tell_all = false;   ///< the fan-out is for those as well who know the newest revision
    std::uint32_t watcher_count = 0;
    std::uint32_t to_tell = 0;   ///< steps from next_told on, round the list, that telling takes
    std::uint32_t arriving = 0;  ///< new subscriptions that are being stored
    std::uint32_t lagging = 0;   ///< watchers that have not answered the newest revision with 2xx
    Slot slot = 0;

    /// Nobody publishes, watches or waits for it.
    bool is_unused() const {
        return watcher_count == 0 && arriving == 0 && summary().publications == 0 &&
               !turnstile.locked && !turnstile.waiting && !is_telling;
    }

private:
    KeptState kept_;
};

}  // namespace reginfo
