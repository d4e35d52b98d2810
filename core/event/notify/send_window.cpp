/// @file

#include "core/event/notify/send_window.hpp"

#include <algorithm>
#include <cassert>
#include <chrono>

namespace reginfo {
namespace {

/// How much longer than the shortest a round trip may be before it means that a queue is filling.
/// Absolute, since what a queue holds does not depend on how far away it is: at 10,000 messages/s
/// this is a twentieth of a default socket buffer. Longer paths vary more: a part of the shortest.
constexpr Duration kQueueing = std::chrono::milliseconds{1};
constexpr int kVariation = 4;

/// However short the path, a busy host may answer so late; and what it has not read yet by then is
/// still in its socket's buffer, which has no room for many windows.
constexpr Duration kPatienceMin = std::chrono::milliseconds{100};
constexpr std::uint8_t kSilentRoundsMax = 4;

/// An answer is prompt if it takes no longer than twice the shortest and this.
constexpr Duration kPromptSlack = std::chrono::milliseconds{20};

/// So many different watchers must be late, and twice as many as answer promptly, before the next
/// hop counts as congested.
constexpr std::uint32_t kManyLost = 4;
constexpr std::uint32_t kLostForPrompt = 2;

/// Of the places.
constexpr double kProvenShare = 0.75;
constexpr double kFreshShare = 0.25;

/// Of a window of copies a second, by standing.
constexpr std::array<double, kStandings> kCopyShares{0.25, 0.5, 0.25};

/// How many may leave for one that came back: more than one, so that they become ever more.
constexpr std::uint32_t kCredit = 4;

constexpr std::size_t kFresh = static_cast<std::size_t>(Standing::fresh);
constexpr std::size_t kProven = static_cast<std::size_t>(Standing::proven);
constexpr std::size_t kSuspect = static_cast<std::size_t>(Standing::suspect);

}  // namespace

void SendWindow::restart() {
    assert(is_idle());
    timer.cancel();
    limit_ = settings_.notify.window_initial;
    slow_start_ = true;
    fresh_is_next_ = false;
    copy_is_next_ = true;
    silent_rounds_ = 0;
    is_answering_ = false;
    is_hop_known_ = false;
    blocked_until_ = TimePoint::min();
    shortest_ = Duration::max();
    smoothed_ = variation_ = Duration{};
    halved_at_ = counted_since_ = TimePoint::min();
    prompt_ = lost_ = 0;
    may_be_awaited_ = false;
    for (FairQueue& queue : queues_) queue.clear();
    credit_ = 0;
    for (CopyLane& lane : lanes_) lane = {};
}

bool SendWindow::has_room(TimePoint now, Standing standing) const {
    if (now < blocked_until_) return false;
    if (standing == Standing::suspect) return is_free(now, kSuspect);
    if (places_taken() < static_cast<std::size_t>(limit_)) return true;
    const bool is_proven = standing == Standing::proven;
    const double share = limit_ * (is_proven ? kProvenShare : kFreshShare);
    return taken_[is_proven ? kProven : kFresh] <
           std::max<std::size_t>(static_cast<std::size_t>(share), 1);
}

bool SendWindow::find_awaited() const {
    for (std::size_t i = 0; i < kStandings; ++i) {
        if (!queues_[i].is_empty() || !lanes_[i].is_empty()) return true;
    }
    may_be_awaited_ = false;
    return false;
}

void SendWindow::enqueue(Subscription& subscription) {
    if (subscription.is_queued() && !subscription.is_urgent()) return;
    may_be_awaited_ = true;
    queue_of(subscription.dialog.standing).push(subscription);
}

Subscription* SendWindow::pop(TimePoint now) {
    for (int i = 0; i < 2; ++i) {
        const Standing standing = fresh_is_next_ ? Standing::fresh : Standing::proven;
        fresh_is_next_ = !fresh_is_next_;
        if (!has_room(now, standing)) continue;
        if (Subscription* const next = queue_of(standing).pop()) return next;
    }
    const bool is_copys_turn = copy_is_next_ && !lanes_[kSuspect].is_empty();
    if (is_copys_turn || !has_room(now, Standing::suspect)) return nullptr;
    copy_is_next_ = true;
    return queue_of(Standing::suspect).pop();
}

void SendWindow::sent(TimePoint now, InFlight& notify) {
    if (notify.standing == Standing::suspect) {
        take(now, kSuspect);
        late_.push_back(notify);
        return;
    }
    notify.holds_place = true;
    ++taken_[static_cast<std::size_t>(notify.standing)];
    timely_.push_back(notify);
}

void SendWindow::done(InFlight& notify) {
    static_cast<InFlightHook&>(notify).unlink();
    static_cast<CopyHook&>(notify).unlink();
    if (notify.holds_place) --taken_[static_cast<std::size_t>(notify.standing)];
    notify.holds_place = false;
}

void SendWindow::heard() {
    is_answering_ = true;
    silent_rounds_ = 0;
}

void SendWindow::answered(TimePoint now, const InFlight& notify) {
    heard();
    if (!notify.holds_place && now - notify.last_sent_at <= patience()) {
        credit_ = std::min(credit_ + kCredit, static_cast<std::uint32_t>(limit_));
    }
    if (notify.copies > 0) return;  // which of them is answered? (Karn's rule)
    const Duration round_trip = now - notify.sent_at;
    measure(round_trip);
    age_counts(now);
    if (round_trip <= 2 * shortest_ + kPromptSlack) ++prompt_;
    const bool in_full_use = places_taken() + 1 > static_cast<std::size_t>(limit_);
    const Duration queueing = std::max(kQueueing, shortest_ / kVariation);
    if (!in_full_use || round_trip - shortest_ > queueing) return;
    limit_ = std::min(
        limit_ + (slow_start_ ? 1.0 : 1.0 / limit_),
        static_cast<double>(settings_.notify.window_max)
    );
}

/// RFC 6298 §2.
void SendWindow::measure(Duration round_trip) {
    shortest_ = std::min(shortest_, round_trip);
    if (smoothed_ == Duration{}) {
        smoothed_ = std::max(round_trip, Duration{1});
        variation_ = round_trip / 2;
        return;
    }
    const Duration off = round_trip - smoothed_;
    variation_ += ((off < Duration{} ? -off : off) - variation_) / 4;
    smoothed_ += off / 8;
}

/// How long an answer may be on its way. Longer, up to T1, if nobody behind this hop answers.
Duration SendWindow::patience() const {
    if (smoothed_ == Duration{}) return settings_.t1;
    const Duration base = std::max(smoothed_ + 4 * variation_, kPatienceMin);
    return std::min(base * (1U << silent_rounds_), settings_.t1);
}

void SendWindow::late(TimePoint now, InFlight& notify) {
    if (!notify.holds_place) return;
    give_up_place(notify);
    if (notify.standing != Standing::proven) return;
    count_lost(now);
    halve_if_congested(now);
}

void SendWindow::release_late(TimePoint now) {
    const Duration patient_for = patience();
    bool any_proven = false;
    while (!timely_.empty() && timely_.front().sent_at + patient_for <= now) {
        InFlight& notify = timely_.front();
        give_up_place(notify);
        if (notify.standing != Standing::proven) continue;
        any_proven = true;
        count_lost(now);
    }
    if (!any_proven) return;
    // All may have been neighbours who died together: others are tried before that means anything.
    const bool is_first_silence = !is_answering_ && silent_rounds_ == 0;
    if (!is_answering_ && silent_rounds_ < kSilentRoundsMax) ++silent_rounds_;
    is_answering_ = false;
    if (!is_first_silence) halve_if_congested(now);
}

void SendWindow::give_up_place(InFlight& notify) {
    static_cast<InFlightHook&>(notify).unlink();
    --taken_[static_cast<std::size_t>(notify.standing)];
    notify.holds_place = false;
    late_.push_back(notify);
}

void SendWindow::count_lost(TimePoint now) {
    age_counts(now);
    ++lost_;
}

void SendWindow::halve_if_congested(TimePoint now) {
    if (lost_ < kManyLost || lost_ <= kLostForPrompt * prompt_) return;
    slow_start_ = false;
    if (halved_at_ != TimePoint::min() && now - halved_at_ < settings_.t1) return;
    halved_at_ = now;
    limit_ = std::max(limit_ / 2, static_cast<double>(settings_.notify.window_min));
}

void SendWindow::age_counts(TimePoint now) {
    if (counted_since_ == TimePoint::min()) counted_since_ = now;
    if (now - counted_since_ < settings_.t1) return;
    const auto halvings = std::min<std::int64_t>((now - counted_since_) / settings_.t1, 31);
    prompt_ >>= halvings;
    lost_ >>= halvings;
    counted_since_ = now;
}

TimePoint SendWindow::ready_at(TimePoint now, std::size_t lane) const {
    return lanes_[lane].ready_at(now, limit_ * kCopyShares[lane]);
}

bool SendWindow::is_free(TimePoint now, std::size_t lane) const {
    return credit_ > 0 || ready_at(now, lane) <= now;
}

void SendWindow::take(TimePoint now, std::size_t lane) {
    if (ready_at(now, lane) <= now) {
        lanes_[lane].take(now, limit_ * kCopyShares[lane]);
    } else if (credit_ > 0) {
        --credit_;
    }
}

bool SendWindow::may_copy(TimePoint now, InFlight& notify) {
    const auto lane = notify.copies > 0 ? kSuspect : static_cast<std::size_t>(notify.standing);
    if (!lanes_[lane].is_empty() || !is_free(now, lane)) {
        may_be_awaited_ = true;
        lanes_[lane].push(notify);
        return false;
    }
    take(now, lane);
    return true;
}

InFlight* SendWindow::next_copy(TimePoint now) {
    for (const std::size_t lane : {kProven, kFresh, kSuspect}) {
        const bool is_others_turn =
            lane == kSuspect && !copy_is_next_ && !queue_of(Standing::suspect).is_empty();
        if (lanes_[lane].is_empty() || is_others_turn || !is_free(now, lane)) continue;
        if (lane == kSuspect) copy_is_next_ = false;
        take(now, lane);
        return lanes_[lane].pop();
    }
    return nullptr;
}

std::optional<TimePoint> SendWindow::next_deadline(TimePoint now) const {
    if (now < blocked_until_) return is_awaited() ? std::optional(blocked_until_) : std::nullopt;
    std::optional<TimePoint> next;
    const auto consider = [&](TimePoint at) {
        if (!next || at < *next) next = at;
    };
    const bool wants_place =
        !queue_of(Standing::fresh).is_empty() || !queue_of(Standing::proven).is_empty();
    if (wants_place && !timely_.empty()) consider(timely_.front().sent_at + patience());
    for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
        const bool is_wanted = !lanes_[lane].is_empty() ||
                               (lane == kSuspect && !queue_of(Standing::suspect).is_empty());
        if (is_wanted) consider(ready_at(now, lane));
    }
    return next;
}

}  // namespace reginfo
