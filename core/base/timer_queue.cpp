/// @file

#include "core/base/timer_queue.hpp"

#include <algorithm>
#include <bit>
#include <iterator>

namespace reginfo {

void TimerWheel::set(Timer& timer, std::optional<TimePoint> deadline) {
    timer.cancel();
    if (!deadline) return;
    timer.deadline_ = *deadline;
    put(timer);
}

void TimerWheel::put(Timer& timer) {
    const Tick tick = tick_of(timer.deadline_);
    if (tick <= tick_) return put_due(timer);
    const auto differing = static_cast<std::uint64_t>(tick ^ tick_);
    const unsigned level = (63U - static_cast<unsigned>(std::countl_zero(differing))) / kSlotBits;
    const unsigned index = static_cast<unsigned>(tick >> (kSlotBits * level)) % (1U << kSlotBits);
    Slot& slot = slots_[level][index];
    slot.earliest =
        slot.timers.empty() ? timer.deadline_ : std::min(slot.earliest, timer.deadline_);
    slot.timers.push_back(timer);
    used_[level] |= std::uint64_t{1} << index;
}

void TimerWheel::put_due(Timer& timer) {
    auto at = due_.end();
    while (at != due_.begin() && std::prev(at)->deadline_ > timer.deadline_) --at;
    due_.insert(at, timer);
}

/// The slot with the earliest timers after those of the current tick.
std::optional<TimerWheel::Place> TimerWheel::first() const {
    for (unsigned level = 0; level < kLevels; ++level) {
        while (used_[level] != 0) {
            const auto index = static_cast<unsigned>(std::countr_zero(used_[level]));
            if (!slots_[level][index].timers.empty()) return Place{level, index};
            used_[level] &= used_[level] - 1;
        }
    }
    return std::nullopt;
}

std::optional<TimePoint> TimerWheel::next_deadline() const {
    if (!due_.empty()) return due_.front().deadline_;
    const auto place = first();
    if (!place) return std::nullopt;
    return slots_[place->level][place->slot].earliest;
}

/// Moves the timers of slots that time has reached to finer slots, or to due_.
void TimerWheel::advance(TimePoint now) {
    const Tick to = tick_of(now);
    if (to <= tick_) return;
    while (const auto place = first()) {
        const unsigned shift = kSlotBits * place->level;
        const Tick above = tick_ >> shift >> kSlotBits << kSlotBits << shift;
        const Tick start = above | static_cast<Tick>(place->slot) << shift;
        if (start > to) break;
        tick_ = start;
        List reached;
        reached.swap(slots_[place->level][place->slot].timers);
        used_[place->level] &= ~(std::uint64_t{1} << place->slot);
        List now_due;
        while (!reached.empty()) {
            Timer& timer = reached.front();
            reached.pop_front();
            if (tick_of(timer.deadline_) == start) {
                now_due.push_back(timer);
            } else {
                put(timer);
            }
        }
        now_due.sort([](const Timer& a, const Timer& b) { return a.deadline_ < b.deadline_; });
        due_.splice(due_.end(), now_due);
    }
    tick_ = to;
}

Timer* TimerWheel::pop_expired(TimePoint now) {
    advance(now);
    if (due_.empty() || due_.front().deadline_ > now) return nullptr;
    Timer& timer = due_.front();
    due_.pop_front();
    return &timer;
}

}  // namespace reginfo
