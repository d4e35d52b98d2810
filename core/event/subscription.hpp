/// @file
/// Subscriptions, the dialogs that carry them and the AORs that they watch, as records.
#pragma once

#include "core/dialog/dialog.hpp"
#include "core/event/answer_rules.hpp"
#include "core/event/kept_state.hpp"
#include "core/event/profile.hpp"
#include "core/event/queue_ages.hpp"
#include "core/event/rate_control.hpp"
#include "core/event/tracer.hpp"
#include "core/outbox.hpp"
#include "core/slot_table.hpp"
#include "core/texts.hpp"
#include "core/time.hpp"
#include "core/timer_queue.hpp"
#include "core/transaction/server_transactions.hpp"

#include <boost/intrusive/list.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reginfo {

struct Aor;
struct Dialog;
class SendWindow;

/// A request held back until a commit is done, as it came.
struct WaitingRequest {
    TransactionKey key;
    Flow flow;
    std::string bytes;
};

/// Requests that must see each other's results in order: of one AOR, or of one dialog.
struct Turnstile {
    bool locked = false;                                   ///< a commit is pending
    std::unique_ptr<std::vector<WaitingRequest>> waiting;  ///< none where nobody waits
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

    Subscription(Dialog& in, Aor& of) : dialog(in), aor(of) {}

    /// @param aor_text_  the AOR as the watcher wrote it
    void name(std::optional<std::string_view> event_id_, std::string_view aor_text_);
    std::optional<std::string_view> event_id() const;
    std::string_view aor_text() const;

    Dialog& dialog;
    Aor& aor;
    Texts names;                ///< see name(): none in the usual case
    std::uint64_t watcher = 0;  ///< whose it is, for the bound of subscriptions per watcher
    Profile profile = Profile::standard;
    State state = State::active;
    TerminationReason reason = TerminationReason::timeout;  ///< of a terminated one
    bool due = false;                                       ///< a NOTIFY must be sent
    bool urgent = false;                 ///< at once: due to a SUBSCRIBE, or the last one
    std::uint32_t version = 0;           ///< of the next document
    std::uint32_t version_reserved = 0;  ///< documents may use versions below this one
    Revision acked = 0;                  ///< that the watcher answered last with 2xx
    int last_status = 0;            ///< of the answer to the last NOTIFY; 408 for none, 0 before
    QueueAges::Tick queued_at = 0;  ///< while it is in a queue
    TimePoint deadline;             ///< of a terminated one on probation: when to come back
    TimePoint not_before;           ///< Retry-After of a failed NOTIFY
    std::optional<TimePoint> retry_at;  ///< of a NOTIFY that nobody answered, in profiles that
                                        ///< outlive that; news goes without waiting for it
    std::uint8_t unanswered = 0;        ///< NOTIFYs in a row
    /// The next document must be: the first, one due to a SUBSCRIBE, one after a NOTIFY without 2xx
    /// or a jump (DESIGN.md rules 5, 6).
    bool full_next = true;
    /// The NOTIFY due to a SUBSCRIBE has no body as long as this is the newest (RFC 5839 §6.2).
    std::optional<Revision> known_to_watcher;
    std::unique_ptr<RateControl> rates;  ///< none if the watcher asked for none
    Slot slot = 0;
    TokenBucket pace;
    Timer timer;
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
struct InFlight {
    Subscription* subscription = nullptr;
    std::uint64_t branch = 0;
    std::uint32_t cseq = 0;
    Revision carried = 0;     ///< the revision that its document brings the watcher to
    bool terminates = false;  ///< it says that the subscription is over
    bool full = false;        ///< it has a full document
    AnswerMeaning meaning = AnswerMeaning::refused;  ///< of its end, once that has come
    bool proceeding = false;                         ///< a provisional response came
    bool too_large_for_udp = false;                  ///< the only reason why it went over TCP
    Flow flow;
    SendWindow* window = nullptr;
    std::string head;
    SharedBytes tail;
    TimePoint sent_at;
    TimePoint retransmit_at;      ///< timer E; TimePoint::max() on reliable transports
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

/// A dialog with its usages: one subscription, or several that differ in Event id.
struct Dialog : InFlightHook {
    DialogState state;
    std::vector<std::unique_ptr<Subscription>> subscriptions;
    std::unique_ptr<InFlight> in_flight;  ///< at most one NOTIFY a dialog (DESIGN.md rule 5)
    std::optional<ResolveId> resolving;
    bool reconnected = false;  ///< since the last answer, a lost connection was replaced
    std::unique_ptr<Candidates> candidates;  ///< none unless its next hop has a name
    /// When a NOTIFY left by the way in use, with no response since.
    std::optional<TimePoint> silent_since;
    std::optional<RequestShape> shape;  ///< and `direct`: until target or route changes
    std::optional<Flow> direct;         ///< the way to a next hop that is an address
    Turnstile turnstile;
    Timer timer;
    bool is_stored = false;  ///< the store has a record of it
    /// A subscription ended while a record that still has it was being stored.
    bool record_lags = false;
    bool is_reserving = false;        ///< more CSeqs and versions are being asked for
    std::uint32_t cseq_reserved = 0;  ///< NOTIFYs may use CSeqs up to this one
    std::size_t footprint = 0;        ///< as last measured (SubscriptionStore::measure)
};

/// An AOR that is published, watched or both.
struct Aor {
    explicit Aor(std::string name_) : name(std::move(name_)) {}

    const std::string name;  ///< canonical (sip::canonical_aor)
    KeptState kept;          ///< changed by AorTable::set_state
    WatcherList watchers;
    std::size_t watcher_count = 0;
    std::size_t arriving = 0;  ///< new watchers whose subscriptions are being stored
    std::size_t lagging = 0;   ///< watchers that have not answered the newest revision with 2xx
    std::optional<WatcherList::iterator> fan_out;  ///< how far telling a change has come
    Turnstile turnstile;
    Timer timer;
    bool is_stored = false;  ///< the store has a record of it
    bool tell_all = false;   ///< the fan-out is for those as well who know the newest revision
    Slot slot = 0;
    TimePoint news_at = kNoNews;  ///< when the PUBLISH came that made the newest revision

    Revision revision() const { return kept.summary().revision; }

    /// Nobody publishes, watches or waits for it.
    bool is_unused() const {
        return watcher_count == 0 && arriving == 0 && kept.summary().publications == 0 &&
               !turnstile.locked && !turnstile.waiting && !fan_out;
    }
};

}  // namespace reginfo
