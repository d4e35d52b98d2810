/// @file
/// Whether a request was meant for us: the guard against DNS rebinding.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace reginfo::metrics {

/// Whether the value of Host names us: any IP address, "localhost", or one of `names`, without
/// regard to case, with or without a port.
///
/// A page from elsewhere whose name was made to resolve to our address still sends its own name.
bool is_our_host(std::string_view host, std::span<const std::string> names);

}  // namespace reginfo::metrics
