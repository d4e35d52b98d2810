/// @file

#include "core/transaction/invite_refusals.hpp"

#include <algorithm>
#include <utility>

namespace reginfo {
namespace {

/// This server does not serve INVITEs: they must not take its memory.
constexpr std::size_t kRefusalsMax = 1024;

}  // namespace

void InviteRefusals::sent(
    TimePoint now,
    const TransactionKey& invite,
    const Flow& to,
    std::string response
) {
    if (refusals_.size() >= kRefusalsMax || refusals_.contains(invite)) return;
    Refusal& refusal = refusals_[invite];
    refusal.invite = invite;
    refusal.to = to;
    refusal.response = std::move(response);
    refusal.interval = t1_;
    refusal.timer_h = now + 64 * t1_;
    timers_.set(refusal, now + t1_);
}

void InviteRefusals::acknowledged(const TransactionKey& invite) { refusals_.erase(invite); }

void InviteRefusals::run(TimePoint now, std::size_t count, Outbox& outbox) {
    for (; count > 0; --count) {
        Refusal* refusal = timers_.pop_expired(now);
        if (!refusal) break;
        if (refusal->timer_h <= now) {
            refusals_.erase(TransactionKey(refusal->invite));
            continue;
        }
        outbox.send(refusal->to, refusal->response);
        refusal->interval = std::min(2 * refusal->interval, t2_);
        timers_.set(*refusal, std::min(now + refusal->interval, refusal->timer_h));
    }
}

}  // namespace reginfo
