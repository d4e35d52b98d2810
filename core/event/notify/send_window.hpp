/// @file
/// How many NOTIFYs may be unanswered towards one next hop, and who is next.
#pragma once

#include "core/base/time.hpp"
#include "core/base/timer_queue.hpp"
#include "core/event/notify/copy_lane.hpp"
#include "core/event/notify/fair_queue.hpp"
#include "core/event/records/dialog.hpp"
#include "core/event/watcher/standing.hpp"
#include "core/settings.hpp"

#include <boost/intrusive/list.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace reginfo {

using InFlightList = boost::intrusive::list<
    InFlight,
    boost::intrusive::base_hook<InFlightHook>,
    boost::intrusive::constant_time_size<false>>;

/// A congestion window in NOTIFYs, in the manner of TCP's: it grows with each answer while it is
/// in full use. It stops growing where answers come later than the emptiest path explains: a queue
/// is filling there, and to wait for its overflow would cost the retransmissions that the window is
/// to avoid. It halves, at most once a T1, when many different watchers who used to answer do not,
/// and few others answer promptly: a next hop that is congested is slow to everybody, while dead
/// watchers slow nobody down.
///
/// Many watchers are behind one next hop, and some are dead. So that these take no place that the
/// living need:
/// - A NOTIFY holds a place only as long as its answer may still be on its way (patience()). Then
///   it is late: lost, or its watcher is dead; in no case is it in a queue of the next hop.
/// - Watchers who answered last have three quarters of the places for themselves, and those who
///   have not answered yet a quarter; either may use what the other leaves.
/// - Those who were late and are silent since have no places at all, but a quarter of a window of
///   datagrams a second, their retransmissions included. First retransmissions have the other three
///   quarters, two of them for who answered last: so the next hop gets at most a window of
///   retransmissions a second.
/// - Where one of them answers at once, the next hop was away and is back, and others are: so each
///   such answer lets a few more go.
class SendWindow {
public:
    /// @param settings  must outlive this
    explicit SendWindow(const Settings& settings)
        : settings_(settings), limit_(settings.notify.window_initial) {}

    /// As a new one, for another next hop. @pre it is idle
    void restart();

    /// Whether a NOTIFY of such a watcher may leave now.
    bool has_room(TimePoint now, Standing standing) const;
    bool is_idle() const { return timely_.empty() && late_.empty() && !is_awaited(); }

    /// Somebody waits, for a place or to send a copy.
    bool is_awaited() const { return may_be_awaited_ && find_awaited(); }

    /// Lets the subscription wait for room, with those of its standing. One that waits already
    /// may become urgent.
    void enqueue(Subscription& subscription);

    /// Somebody who waits and for whom there is room now; nullptr if there is nobody.
    Subscription* pop(TimePoint now);

    /// A NOTIFY left. @pre its `standing` and `sent_at` are set
    void sent(TimePoint now, InFlight& notify);
    /// It is answered or given up.
    void done(InFlight& notify);
    /// A response came that shows that the next hop is at work.
    void heard();
    /// And it is the watcher's final one. Call before done().
    void answered(TimePoint now, const InFlight& notify);
    /// No response came within T1.
    void late(TimePoint now, InFlight& notify);
    /// Takes the places of those whose answers can be on their way no more.
    void release_late(TimePoint now);

    /// Whether a copy of the NOTIFY may leave now; then it counts. If not, the NOTIFY waits for
    /// next_copy().
    bool may_copy(TimePoint now, InFlight& notify);
    /// A NOTIFY that waited and may be sent again now, which counts; nullptr if there is none.
    InFlight* next_copy(TimePoint now);

    /// When there will be room for somebody who waits, if nothing else happens.
    std::optional<TimePoint> next_deadline(TimePoint now) const;

    template <class Visitor>
    void for_each_in_flight(Visitor visit) const {
        for (const InFlight& notify : timely_) visit(notify);
        for (const InFlight& notify : late_) visit(notify);
    }
    std::size_t places_taken() const { return taken_[0] + taken_[1]; }
    double limit() const { return limit_; }

    Flow hop;  ///< hop_of() what goes there
    /// The next hop has answered something, now or earlier (HopTrust).
    bool is_hop_known() const { return is_hop_known_; }
    void set_hop_known() {
        is_hop_known_ = true;
        blocked_until_ = TimePoint::min();
    }
    /// It has not, and has got what a stranger gets: nothing more leaves before that time.
    void block(TimePoint until) { blocked_until_ = until; }

    Timer timer;

private:
    bool find_awaited() const;
    Duration patience() const;
    void measure(Duration round_trip);
    void give_up_place(InFlight& notify);
    void count_lost(TimePoint now);
    void halve_if_congested(TimePoint now);
    void age_counts(TimePoint now);
    TimePoint ready_at(TimePoint now, std::size_t lane) const;
    bool is_free(TimePoint now, std::size_t lane) const;
    void take(TimePoint now, std::size_t lane);
    FairQueue& queue_of(Standing standing) { return queues_[static_cast<std::size_t>(standing)]; }
    const FairQueue& queue_of(Standing standing) const {
        return queues_[static_cast<std::size_t>(standing)];
    }

    const Settings& settings_;
    double limit_;
    bool is_hop_known_ = false;
    TimePoint blocked_until_{TimePoint::min()};
    mutable bool may_be_awaited_ = false;  ///< so that nothing need be searched where nobody waits
    bool slow_start_ = true;
    bool fresh_is_next_ = false;      ///< of fresh and proven ones, where both have room
    bool copy_is_next_ = true;        ///< of copies and NOTIFYs to suspects
    std::uint8_t silent_rounds_ = 0;  ///< places of proven ones were taken back without an answer
    bool is_answering_ = false;       ///< there was an answer since places were taken back
    Duration shortest_{Duration::max()};
    Duration smoothed_{};  ///< round trip (RFC 6298 §2); zero: not known
    Duration variation_{};
    TimePoint halved_at_{TimePoint::min()};
    TimePoint counted_since_{TimePoint::min()};
    std::uint32_t prompt_ = 0;  ///< answers that came promptly; halved each T1
    std::uint32_t lost_ = 0;    ///< NOTIFYs of proven watchers that were late; likewise
    std::array<std::size_t, kStandings> taken_{};  ///< places, by standing; of suspects none
    InFlightList timely_;                          ///< those that hold a place, in order of sending
    InFlightList late_;
    std::array<FairQueue, kStandings> queues_;
    std::uint32_t credit_ = 0;  ///< so many may leave by the lanes whatever their rate
    /// First copies, by standing; of suspects their NOTIFYs as well, and all later copies.
    std::array<CopyLane, kStandings> lanes_;
};

}  // namespace reginfo
