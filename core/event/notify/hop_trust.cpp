/// @file

#include "core/event/notify/hop_trust.hpp"

#include <algorithm>
#include <chrono>

namespace reginfo {
namespace {

constexpr Duration kMinute = std::chrono::minutes{1};

}  // namespace

void HopTrust::answered(const Flow& hop) {
    if (has_answered(hop)) return;
    if (answered_.size() >= kRemembered) {
        answered_.erase(answered_by_age_.front());
        answered_by_age_.pop_front();
    }
    answered_.insert(hop);
    answered_by_age_.push_back(hop);
}

std::optional<TimePoint> HopTrust::wait_for(TimePoint now, const Flow& hop, std::size_t bytes) {
    auto at = strangers_.find(hop);
    if (at == strangers_.end()) {
        if (strangers_.size() >= kRemembered) {
            strangers_.erase(strangers_by_age_.front());
            strangers_by_age_.pop_front();
        }
        at = strangers_.emplace(hop, Spent{now, 0}).first;
        strangers_by_age_.push_back(hop);
    }
    Spent& spent = at->second;
    // A minute of silence, so that no minute has the end of one allowance and the begin of another.
    if (spent.last_at + kMinute <= now) spent.bytes = 0;
    if (spent.bytes > 0 && spent.bytes + bytes > kAllowance) return spent.last_at + kMinute;
    spent.bytes += bytes;
    spent.last_at = now;
    return std::nullopt;
}

void HopTrust::give_back(const Flow& hop, std::size_t bytes) {
    const auto at = strangers_.find(hop);
    if (at != strangers_.end()) at->second.bytes -= std::min(at->second.bytes, bytes);
}

}  // namespace reginfo
