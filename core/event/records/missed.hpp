/// @file
/// What should have happened while there was no process.
#pragma once

#include "core/base/slot_table.hpp"
#include "core/base/time.hpp"

#include <cstdint>
#include <vector>

namespace reginfo {

struct Missed {
    enum class What : std::uint8_t {
        notify,                ///< a watcher may not have the newest state
        aor_expired,           ///< contacts or publications of an AOR
        subscription_expired,  ///< a subscription
    };

    TimePoint since;
    Slot slot = 0;  ///< of that AOR or subscription
    What what = What::notify;
};

using MissedList = std::vector<Missed>;

}  // namespace reginfo
