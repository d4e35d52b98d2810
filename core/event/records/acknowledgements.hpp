/// @file
/// Which revision of its AOR a watcher has.
#pragma once

#include "core/base/time.hpp"
#include "core/event/records/unsettled.hpp"
#include "core/stats.hpp"

namespace reginfo {

class Acknowledgements {
public:
    /// Both must outlive this.
    Acknowledgements(Unsettled& unsettled, Stats& stats) : unsettled_(unsettled), stats_(stats) {}

    /// The watcher has the AOR's state of that revision. When all have the newest, contacts that
    /// ended are forgotten.
    void take(TimePoint now, Subscription& subscription, Revision revision);

private:
    Unsettled& unsettled_;
    Stats& stats_;
};

}  // namespace reginfo
