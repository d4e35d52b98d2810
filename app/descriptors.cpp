#include "app/descriptors.hpp"

#include <sys/resource.h>

#include <algorithm>

namespace reginfo {
namespace {

/// Standard streams, Asio's own, signals, SQLite's files, DNS by UDP and TCP, HEP, the service
/// manager, the first health checks, and those that TcpServer has beside its bound.
constexpr std::size_t kReserve = 48;

/// Even if the limit does not leave them.
constexpr std::size_t kConnectionsMin = 4;

/// Of what is left: the side port must work, but it is not what the server is for.
constexpr std::size_t kHttpShare = 4;

/// Of connections of HTTP: so many more are for health checks (metrics/http_connection).
constexpr std::size_t kProbeShare = 8;

std::size_t with_probes(std::size_t http) { return http + http / kProbeShare; }

}  // namespace

void raise_descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);  // if it cannot be, it stays as it is
}

std::size_t descriptor_limit() {
    rlimit limit{};
    return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : RLIM_INFINITY;
}

ConnectionBounds fit_connections(
    const ConnectionBounds& wanted,
    std::size_t limit,
    std::size_t listeners
) {
    const std::size_t reserve = kReserve + listeners;
    const std::size_t left = std::max(limit, reserve + kConnectionsMin) - reserve;
    if (wanted.tcp + with_probes(wanted.http) <= left) return wanted;
    ConnectionBounds bounds;
    const std::size_t http = left / kHttpShare * kProbeShare / (kProbeShare + 1);
    bounds.http = std::min(wanted.http, std::max<std::size_t>(http, 1));
    bounds.tcp = std::min(wanted.tcp, left - with_probes(bounds.http));
    return bounds;
}

std::string warning_for(
    const ConnectionBounds& wanted,
    const ConnectionBounds& bounds,
    std::size_t limit
) {
    if (bounds == wanted) return {};
    return "at most " + std::to_string(bounds.tcp) + " TCP connections (and " +
           std::to_string(bounds.http) + " HTTP connections): RLIMIT_NOFILE is " +
           std::to_string(limit) +
           "; raise it (ulimit -n, LimitNOFILE=, --ulimit nofile) or lower tcp.connections";
}

}  // namespace reginfo
