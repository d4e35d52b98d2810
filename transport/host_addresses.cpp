#include "transport/host_addresses.hpp"

#include "transport/socket_address.hpp"

#include <ifaddrs.h>
#include <net/if.h>
#include <sys/socket.h>

#include <cstring>
#include <memory>
#include <optional>

namespace reginfo {
namespace {

struct FreeInterfaces {
    void operator()(ifaddrs* first) const { ::freeifaddrs(first); }
};

std::optional<IpAddress> address_of(const sockaddr* from) {
    if (!from || (from->sa_family != AF_INET && from->sa_family != AF_INET6)) return std::nullopt;
    SocketAddress address{};
    const std::size_t size =
        from->sa_family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
    std::memcpy(&address, from, size);
    return to_endpoint(address).address;
}

}  // namespace

HostSettings host_addresses() {
    HostSettings host;
    ifaddrs* first = nullptr;
    if (::getifaddrs(&first) != 0) return host;
    const std::unique_ptr<ifaddrs, FreeInterfaces> owned(first);
    for (const ifaddrs* at = first; at; at = at->ifa_next) {
        const std::optional<IpAddress> address = address_of(at->ifa_addr);
        if (!address) continue;
        host.addresses.push_back(*address);
        if ((at->ifa_flags & static_cast<unsigned>(IFF_BROADCAST)) == 0) continue;
        // Of a network of one address it is that one, or none.
        const std::optional<IpAddress> broadcast = address_of(at->ifa_broadaddr);
        if (!broadcast || *broadcast == *address || broadcast->is_unspecified()) continue;
        host.broadcasts.push_back(*broadcast);
    }
    return host;
}

}  // namespace reginfo
