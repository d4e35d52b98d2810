/// @file
/// How long this node may speak for its shards, by its own clock.
#pragma once

#include "core/base/time.hpp"

namespace reginfo {

/// A beat renews it from the moment when the beat was *sent*: by the clock of Redis it may have run
/// since then. It ends a tenth early, as clocks differ in speed and what is decided leaves later.
class NodeLease {
public:
    explicit NodeLease(Duration length) : length_(length - length / 10) {}

    /// A beat, or the join, was answered.
    void handle_answered(TimePoint sent) { answered_ = sent; }
    /// What was answered last is as durable as is asked for.
    void handle_durable() { until_ = answered_ + length_; }
    bool is_over(TimePoint now) const { return now >= until_; }
    TimePoint until() const { return until_; }

private:
    Duration length_;
    TimePoint answered_;
    TimePoint until_ = TimePoint::min();  ///< none was renewed
};

}  // namespace reginfo
