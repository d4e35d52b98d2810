/// @file
/// Which part of the DNS a name is of: who is slow there is slow together.
#pragma once

#include <string_view>

namespace reginfo {

struct DnsZone {
    std::string_view parent;  ///< of the host, but not less than two labels: "b.example.org"
    std::string_view domain;  ///< the last two labels: "example.org"
};

/// @param name  of a host, or of its services ("_sip._udp.a.b.example.org"), without a dot at its
///              end
DnsZone zone_of(std::string_view name);

}  // namespace reginfo
