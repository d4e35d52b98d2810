/// @file
/// Asks a running reginfod whether it is alive, for a container that has no other program in it.
#pragma once

#include "app/config.hpp"

#include <stdexcept>

namespace reginfo {

/// Nobody answered, or not that all is well.
class HealthCheckError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// GETs /healthz at http.listen, from this host; within five seconds.
/// @throw HealthCheckError
void check_health(const Config& config);

}  // namespace reginfo
