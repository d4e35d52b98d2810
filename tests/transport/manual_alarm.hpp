/// @file
/// A time that the test moves.
#pragma once

#include "transport/alarm.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <optional>
#include <utility>

namespace reginfo::test {

class ManualAlarm final : public Alarm {
public:
    TimePoint now() const override { return now_; }
    void on_ring(std::function<void()> ring) override { ring_ = std::move(ring); }
    void set(TimePoint at) override { at_ = at; }
    void stop() override { at_.reset(); }

    /// Rings on the way.
    void pass(Duration time) {
        const TimePoint end = now_ + time;
        while (at_ && *at_ <= end) {
            now_ = std::max(now_, *std::exchange(at_, std::nullopt));
            ring_();
        }
        now_ = end;
    }

private:
    TimePoint now_{std::chrono::hours{1}};
    std::optional<TimePoint> at_;
    std::function<void()> ring_;
};

}  // namespace reginfo::test
