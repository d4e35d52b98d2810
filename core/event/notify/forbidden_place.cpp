#include "core/event/notify/forbidden_place.hpp"

#include "core/base/ascii.hpp"
#include "core/sip/headers.hpp"
#include "core/sip/uri.hpp"

#include <algorithm>
#include <utility>

namespace reginfo {
namespace {

constexpr std::size_t kV4 = 12;  ///< where an IPv4 address begins in its sixteen bytes

bool is_wildcard(const IpAddress& address) {
    if (!address.is_v4()) return address.is_unspecified();
    return address.bytes()[kV4] == 0;  // "this network", which is 0.0.0.0 to a kernel
}

bool is_multicast(const IpAddress& address) {
    if (!address.is_v4()) return address.bytes()[0] == 0xFF;
    return (address.bytes()[kV4] & 0xF0U) == 0xE0;
}

bool is_loopback(const IpAddress& address) {
    if (address.is_v4()) return address.bytes()[kV4] == 127;
    IpAddress::Bytes one{};
    one.back() = 1;
    return address.bytes() == one;
}

bool has(const std::vector<IpAddress>& addresses, const IpAddress& address) {
    return std::find(addresses.begin(), addresses.end(), address) != addresses.end();
}

bool is_broadcast(const HostSettings& host, const IpAddress& address) {
    return address == IpAddress::v4(0xFFFF'FFFF) || has(host.broadcasts, address);
}

/// Whether a socket that is bound there gets what is sent there.
bool reaches(const HostSettings& host, const Endpoint& bound, const Endpoint& to) {
    if (bound.port != to.port) return false;
    if (bound.address == to.address) return true;
    if (!bound.address.is_unspecified() || bound.address.is_v4() != to.address.is_v4()) {
        return false;
    }
    return is_loopback(to.address) || has(host.addresses, to.address);
}

bool is_advertised(const ListenerSettings& listener, std::string_view host, std::uint16_t port) {
    if (listener.advertise_port != port) return false;
    if (host.ends_with('.')) host.remove_suffix(1);
    return equal_ignoring_case(listener.advertise_host, host);
}

bool is_listener(const Settings& settings, const Endpoint& to) {
    return std::any_of(
        settings.listeners.begin(),
        settings.listeners.end(),
        [&](const ListenerSettings& listener) {
            return reaches(settings.host, listener.bound, to) ||
                   (listener.advertise_port == to.port &&
                    IpAddress::parse(listener.advertise_host) == to.address);
        }
    );
}

}  // namespace

std::string_view forbidden_place(const Settings& settings, const Endpoint& to) {
    if (is_wildcard(to.address)) return "a wildcard address";
    if (is_multicast(to.address)) return "a multicast address";
    if (is_broadcast(settings.host, to.address)) return "a broadcast address";
    const auto& sockets = settings.host.sockets;
    const auto is_reached = [&](const Endpoint& bound) {
        return reaches(settings.host, bound, to);
    };
    if (std::any_of(sockets.begin(), sockets.end(), is_reached)) return "a port of this server";
    if (is_listener(settings, to)) return "this server";
    return {};
}

std::string_view forbidden_place(const Settings& settings, const sip::Uri& uri) {
    const auto maddr = sip::find_param(uri.params, "maddr");
    const std::string_view host = maddr && !maddr->empty() ? *maddr : uri.host;
    if (const auto address = IpAddress::parse(host)) {
        return forbidden_place(settings, Endpoint{*address, sip::port_or_default(uri.port)});
    }
    const auto is_own = [&](const ListenerSettings& listener) {
        return is_advertised(listener, host, uri.port);
    };
    const auto& listeners = settings.listeners;
    if (std::any_of(listeners.begin(), listeners.end(), is_own)) return "this server";
    return {};
}

bool is_forbidden_target(
    const Settings& settings,
    const DialogState& state,
    const sip::Uri& target,
    Stats& stats
) {
    if (state.routes() > 0 || forbidden_place(settings, target).empty()) return false;
    ++stats.forbidden_places;
    return true;
}

void note_forbidden_place(std::string why, const Flow& from, Stats& stats, Outbox& outbox) {
    ++stats.forbidden_places;
    outbox.note(Note::Severity::warning, "next hop refused", std::move(why), from);
}

}  // namespace reginfo
