/// @file

#include "core/transaction/invite_refusals.hpp"

#include <algorithm>
#include <utility>

namespace reginfo {
namespace {

/// INVITEs are nothing that this server is for: they must not take its memory.
constexpr std::size_t kRefusalsMax = 1024;

}  // namespace

void InviteRefusals::sent(
    TimePoint now,
    const TransactionKey& invite,
    const Flow& to,
    std::string response
) {
    if (refusals_.size() >= kRefusalsMax || refusals_.contains(invite)) return;
    const auto timer_g = timers_.schedule(now + t1_, invite);
    refusals_.emplace(invite, Refusal{to, std::move(response), t1_, now + 64 * t1_, timer_g});
}

void InviteRefusals::acknowledged(const TransactionKey& invite) {
    const auto at = refusals_.find(invite);
    if (at == refusals_.end()) return;
    timers_.cancel(at->second.timer_g);
    refusals_.erase(at);
}

void InviteRefusals::run(TimePoint now, std::size_t count, Outbox& outbox) {
    for (; count > 0; --count) {
        const auto invite = timers_.pop_expired(now);
        if (!invite) break;
        const auto at = refusals_.find(*invite);
        Refusal& refusal = at->second;
        if (refusal.timer_h <= now) {
            refusals_.erase(at);
            continue;
        }
        outbox.send(refusal.to, refusal.response);
        refusal.interval = std::min(2 * refusal.interval, t2_);
        refusal.timer_g =
            timers_.schedule(std::min(now + refusal.interval, refusal.timer_h), *invite);
    }
}

}  // namespace reginfo
