/// @file
/// The addresses of this host, as far as its interfaces tell.
#pragma once

#include "core/settings.hpp"

namespace reginfo {

/// Of the interfaces as they are now; without sockets. Empty if the system does not list them.
HostSettings host_addresses();

}  // namespace reginfo
