/// @file
/// Lines of the log about NOTIFYs of traced AORs.
#pragma once

#include "core/base/time.hpp"
#include "core/event/records/dialog.hpp"
#include "core/event/records/tracer.hpp"
#include "core/outbox.hpp"
#include "core/stats.hpp"

namespace reginfo {

/// The dialog's NOTIFY has left. Sets InFlight::trace.
void trace_sent(Tracer& tracer, Dialog& dialog, Outbox& outbox);

/// It ended so. @pre InFlight::trace is set
void trace_end(
    Tracer& tracer,
    TimePoint now,
    const InFlight& over,
    NotifyOutcome outcome,
    Outbox& outbox
);

}  // namespace reginfo
