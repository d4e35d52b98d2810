/// @file
/// How many files the process may have open, and how they are shared out.
#pragma once

#include <cstddef>
#include <string>

namespace reginfo {

/// Raises the soft limit of open files (RLIMIT_NOFILE) to the hard one. It is lower for the sake of
/// programs that use select(), which this one does not.
void raise_descriptor_limit();

/// The soft limit of open files.
std::size_t descriptor_limit();

/// How many connections there may be at a time, of SIP over TCP and of HTTP.
struct ConnectionBounds {
    std::size_t tcp = 0;
    std::size_t http = 0;

    friend bool operator==(const ConnectionBounds&, const ConnectionBounds&) = default;
};

/// What is wanted, as far as a limit of open files leaves it beside the store, the resolver and
/// `listeners`: peers that connect must never keep these from a descriptor, nor SIP the side port.
ConnectionBounds fit_connections(
    const ConnectionBounds& wanted,
    std::size_t limit,
    std::size_t listeners
);

/// What an operator should know of bounds that are not what is wanted; empty if they are.
std::string warning_for(
    const ConnectionBounds& wanted,
    const ConnectionBounds& bounds,
    std::size_t limit
);

}  // namespace reginfo
