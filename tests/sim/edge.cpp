/// @file

#include "tests/sim/edge.hpp"

#include <algorithm>
#include <chrono>

namespace reginfo::sim {
namespace {

constexpr Duration kLate = std::chrono::milliseconds{2'300};
constexpr Duration kEach = std::chrono::milliseconds{250};
constexpr Duration kQueueMax = 3 * kEach;

}  // namespace

std::optional<TimePoint> Edge::pass(TimePoint now) {
    if (manner_ == EdgeManner::slow) return now + kLate;
    if (manner_ != EdgeManner::narrow) return now;
    if (free_at_ > now + kQueueMax) return std::nullopt;
    free_at_ = std::max(free_at_, now) + kEach;
    return free_at_;
}

}  // namespace reginfo::sim
