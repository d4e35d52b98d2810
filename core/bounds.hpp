/// @file
/// What is said when a bound refuses something (DESIGN.md rule 10).
#pragma once

#include "core/outbox.hpp"
#include "core/stats.hpp"

#include <string_view>

namespace reginfo {

/// Counts the refusal, and notes which setting the bound is.
/// @param subject  the AOR that it is about; empty if it is about none
void note_refusal(
    Bound bound,
    std::string_view subject,
    const Flow& flow,
    Stats& stats,
    Outbox& outbox
);

}  // namespace reginfo
