/// @file
/// How a subscription ends.
#pragma once

#include <cstdint>
#include <string_view>

namespace reginfo {

/// How a subscription ends (RFC 6665 §4.1.3).
enum class TerminationReason : std::uint8_t {
    deactivated,
    probation,
    rejected,
    timeout,
    giveup,
    noresource,
    invariant,
};

std::string_view text_of(TerminationReason reason);

}  // namespace reginfo
