/// @file

#include "core/event/operation/recovery.hpp"

#include "core/event/records/grants.hpp"
#include "core/event/state/aor_state.hpp"

#include <algorithm>
#include <chrono>

namespace reginfo {
namespace {

/// The NOTIFYs of this time leave together, so that the timer need not fire for each.
constexpr Duration kStep = std::chrono::milliseconds{20};

}  // namespace

void Recovery::start() {
    forget_done();
    const auto is_older = [](const Missed& a, const Missed& b) { return a.since < b.since; };
    const auto more = missed_.begin() + static_cast<std::ptrdiff_t>(sorted_);
    std::stable_sort(more, missed_.end(), is_older);
    std::inplace_merge(missed_.begin(), more, missed_.end(), is_older);
    sorted_ = missed_.size();
    count();
}

void Recovery::forget_done() {
    missed_.erase(missed_.begin(), missed_.begin() + static_cast<std::ptrdiff_t>(next_));
    sorted_ -= next_;
    next_ = 0;
}

/// Timers come in the order of their deadlines, and all of these are later than what is on the
/// list.
void Recovery::resume(TimePoint now) {
    forget_done();
    while (const Aor* const aor = aors_.timers.pop_expired(now)) {
        missed_.push_back({now, aor->slot, Missed::What::aor_expired});
    }
    auto& expiries = subscriptions_.expiries;
    while (Subscription* const subscription = expiries.pop_expired(now)) {
        if (subscription->state == Subscription::State::active) {
            missed_.push_back({now, subscription->slot, Missed::What::subscription_expired});
        } else {
            expiries.set(*subscription, now + 64 * settings_.t1);
        }
    }
    sorted_ = missed_.size();
    count();
}

void Recovery::run(TimePoint now, Outbox& outbox) {
    if (is_over()) return;
    const Duration interval = Duration{std::chrono::seconds{1}} / settings_.notify.recovery_rate;
    free_at_ = std::max(free_at_, now - kStep);
    std::size_t budget = settings_.limits.expiries_per_turn;
    for (; budget > 0 && !is_over() && !is_held_up() && free_at_ <= now; --budget) {
        const Missed missed = missed_[next_];
        std::size_t notified = expire_aor_of(now, missed, outbox);
        if (notified == 0) {
            notified = process(now, missed, outbox);
            ++next_;
        }
        free_at_ += interval * static_cast<Duration::rep>(notified);
    }
    if (is_over()) {
        missed_ = {};
        next_ = sorted_ = 0;
    }
    count();
}

std::optional<TimePoint> Recovery::next_deadline() const {
    if (is_over() || is_held_up()) return std::nullopt;
    return free_at_ + kStep / 2;
}

/// The next one's AOR has a change on its way to the store: the answer to that goes first.
bool Recovery::is_held_up() const {
    const Missed& next = missed_[next_];
    if (next.what == Missed::What::aor_expired) return false;
    const Subscription* subscription = subscriptions_.slots().at(next.slot);
    return subscription && subscription->aor().requests.is_locked;
}

/// What is over of an AOR ends before its watchers get a NOTIFY; where that could not be stored,
/// the AOR's timer tries again. Returns how many NOTIFYs it counts for; 0 if nothing is over.
std::size_t Recovery::expire_aor_of(TimePoint now, const Missed& missed, Outbox& outbox) {
    if (missed.what == Missed::What::aor_expired) return 0;
    Subscription* subscription = subscriptions_.slots().at(missed.slot);
    if (!subscription || subscription->aor().timer.is_set()) return 0;
    return expire(now, subscription->aor(), outbox);
}

/// Returns how many NOTIFYs it counts for: one a watcher.
std::size_t Recovery::process(TimePoint now, const Missed& missed, Outbox& outbox) {
    if (missed.what == Missed::What::aor_expired) {
        Aor* aor = aors_.slots().at(missed.slot);
        return aor ? expire(now, *aor, outbox) : 0;
    }
    Subscription* subscription = subscriptions_.slots().at(missed.slot);
    if (!subscription || subscription->state == Subscription::State::terminated) return 0;
    if (!shards_.has(subscription->dialog.shard)) return 0;
    if (missed.what == Missed::What::notify) {
        return fan_out_.notify_if_behind(now, *subscription, outbox) ? 1 : 0;
    }
    const bool lives = lives_until(settings_, *subscription) > now;
    if (lives || subscription->dialog.requests.is_locked) return 0;
    notifier_.handle_expiry(now, *subscription, outbox);
    return 1;
}

bool Recovery::is_overdue(TimePoint now, Aor& aor) const {
    const auto deadline = next_deadline_of(*aor.state(), settings_.contact_grace);
    return deadline && *deadline <= now;
}

/// Returns how many NOTIFYs it counts for: one a watcher, and at least one, as it is work.
std::size_t Recovery::expire(TimePoint now, Aor& aor, Outbox& outbox) {
    if (aor.requests.is_locked || !shards_.has(aor.shard)) return 0;
    if (!is_overdue(now, aor)) return 0;
    aor.timer.cancel();
    const std::size_t notified = aor.watcher_count;
    compositor_.handle_timeout(now, aor, outbox);  // which may have been the end of it
    return std::max<std::size_t>(notified, 1);
}

void Recovery::expire_first(TimePoint now, const Request& request, Outbox& outbox) {
    if (is_over()) return;
    if (request.to.tag.empty()) {
        if (!request.aor) return;
        if (Aor* aor = aors_.find(*request.aor)) expire(now, *aor, outbox);
        for (const Slot slot : aors_.identities.holders_of(*request.aor)) {
            if (Aor* aor = aors_.slots().at(slot)) expire(now, *aor, outbox);
        }
        return;
    }
    Dialog* dialog = subscriptions_.find({request.call_id, request.to.tag, request.from.tag});
    if (!dialog || dialog->requests.is_locked) return;
    expire(now, dialog->subscriptions.front()->aor(), outbox);
    for (const auto& subscription : dialog->subscriptions) {
        const bool active = subscription->state == Subscription::State::active;
        if (!active || lives_until(settings_, *subscription) > now) continue;
        subscription->timer.cancel();
        notifier_.handle_expiry(now, *subscription, outbox);
        return;  // others come in their turn: this one, and the dialog with it, may be gone now
    }
}

void Recovery::drop(Shard shard) {
    forget_done();
    std::erase_if(missed_, [&](const Missed& one) {
        if (one.what == Missed::What::aor_expired) {
            const Aor* const aor = aors_.slots().at(one.slot);
            return !aor || aor->shard == shard;
        }
        const Subscription* const subscription = subscriptions_.slots().at(one.slot);
        return !subscription || subscription->dialog.shard == shard;
    });
    sorted_ = missed_.size();
    count();
}

void Recovery::count() { stats_.missed = missed_.size() - next_; }

}  // namespace reginfo
