/// @file
/// The counter and the log line of a refusal (RULES.md, "Everything is bounded").
#pragma once

#include "core/outbox.hpp"
#include "core/stats.hpp"

#include <string_view>

namespace reginfo {

/// Counts the refusal, and notes the setting of the bound.
/// @param subject  the AOR; empty if the refusal concerns none
void note_refusal(
    Bound bound,
    std::string_view subject,
    const Flow& flow,
    Stats& stats,
    Outbox& outbox
);

}  // namespace reginfo
