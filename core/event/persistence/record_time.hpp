/// @file
/// The age of a record.
#pragma once

#include "core/base/time.hpp"

namespace reginfo {

/// When a record is read, and how old it is then. A record has no points in time, only what was
/// left of them when it was written. So it depends on no clock, and a clock that was set back
/// extends nothing (RULES.md, "Nothing acknowledged is lost").
struct RecordTime {
    TimePoint now;
    Duration age{};  ///< since it was written; not negative
};

}  // namespace reginfo
