/// @file
/// What an operator is told when the server takes requests.
#pragma once

#include "app/config.hpp"
#include "app/log.hpp"
#include "core/base/address.hpp"

#include <optional>
#include <string>

namespace reginfo {

/// A line for each listener, warnings, and one line `ready`.
/// @param http     what the side port is bound to
/// @param too_few  that the process may have fewer connections than are configured; empty if not
void tell_ready(
    Log& log,
    const Config& config,
    const std::optional<Endpoint>& http,
    const std::string& too_few
);

}  // namespace reginfo
