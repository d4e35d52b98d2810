#include "app/listen_address.hpp"

#include "core/base/numbers.hpp"

#include <algorithm>

namespace reginfo {
namespace {

constexpr std::string_view kAdvertise = "advertise=";
constexpr std::size_t kMaxHostName = 253;

struct Halves {
    std::string_view host;
    std::optional<std::string_view> port;
};

/// Cuts at the last colon that is not inside brackets.
Halves split_port(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    const std::size_t bracket = text.rfind(']');
    if (colon == std::string_view::npos) return {text, std::nullopt};
    if (bracket != std::string_view::npos && colon < bracket) return {text, std::nullopt};
    return {text.substr(0, colon), text.substr(colon + 1)};
}

bool is_bracketed(std::string_view host) {
    return host.size() > 2 && host.front() == '[' && host.back() == ']';
}

}  // namespace

bool is_host_name(std::string_view text) {
    constexpr std::string_view allowed =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    return !text.empty() && text.size() <= kMaxHostName &&
           text.find_first_not_of(allowed) == std::string_view::npos;
}

std::string Advertised::to_string() const {
    return port == 0 ? host : host + ":" + std::to_string(port);
}

std::string ListenAddress::to_string() const {
    std::string text = transport == Transport::udp ? "udp:" : "tcp:";
    text += bound.to_string();
    if (advertise) text.append(",").append(kAdvertise).append(advertise->to_string());
    return text;
}

boost::system::result<Advertised, BadAddress> parse_advertised(std::string_view text) {
    const auto [host, port_text] = split_port(text);
    const bool is_ipv6 = is_bracketed(host) && IpAddress::parse(host).has_value();
    if (!is_ipv6 && !is_host_name(host)) {
        return BadAddress{"has no host name or address in front (IPv6 in brackets)"};
    }
    if (const auto address = IpAddress::parse(host); address && address->is_unspecified()) {
        return BadAddress{"advertises a wildcard address, which no peer can send to"};
    }
    Advertised advertised{std::string(host), 0};
    if (port_text) {
        const std::optional<std::uint16_t> port = parse_number<std::uint16_t>(*port_text);
        if (!port || *port == 0) return BadAddress{"has a port that is not from 1 to 65535"};
        advertised.port = *port;
    }
    return advertised;
}

boost::system::result<Endpoint, BadAddress> parse_bound(std::string_view text) {
    const auto [host, port_text] = split_port(text);
    const bool is_plain_ipv6 = !is_bracketed(host) && host.find(':') != std::string_view::npos;
    if (is_plain_ipv6 && IpAddress::parse(text)) return BadAddress{"needs brackets and a port"};
    const std::optional<IpAddress> address =
        host == "localhost" ? IpAddress::parse("127.0.0.1") : IpAddress::parse(host);
    if (!address || is_plain_ipv6) {
        return BadAddress{
            "has no IP address (IPv6 in brackets) or \"localhost\" as host; names are not looked "
            "up"
        };
    }
    if (!port_text) return BadAddress{"has no port"};
    const std::optional<std::uint16_t> port = parse_number<std::uint16_t>(*port_text);
    if (!port) return BadAddress{"has a port that is not from 0 to 65535"};
    return Endpoint{*address, *port};
}

boost::system::result<ListenAddress, BadAddress> parse_listen(std::string_view text) {
    ListenAddress listen;
    if (text.starts_with("udp:")) {
        listen.transport = Transport::udp;
    } else if (text.starts_with("tcp:")) {
        listen.transport = Transport::tcp;
    } else {
        return BadAddress{"does not begin with \"udp:\" or \"tcp:\""};
    }
    text.remove_prefix(4);

    const std::size_t comma = std::min(text.find(','), text.size());
    const auto bound = parse_bound(text.substr(0, comma));
    if (!bound) return bound.error();
    listen.bound = *bound;
    if (comma == text.size()) return listen;

    const std::string_view option = text.substr(comma + 1);
    if (!option.starts_with(kAdvertise)) {
        return BadAddress{"has something other than \"advertise=NAME:PORT\" behind the comma"};
    }
    const auto advertised = parse_advertised(option.substr(kAdvertise.size()));
    if (!advertised) return advertised.error();
    listen.advertise = *advertised;
    return listen;
}

boost::system::result<Network, BadAddress> parse_network(std::string_view text) {
    const auto network = Network::parse(text);
    if (!network) return BadAddress{"is no network"};
    const std::size_t slash = std::min(text.find('/'), text.size());
    const std::string meant = network->to_string();
    const std::string_view address = text.substr(0, slash);
    if (IpAddress::parse(address) != IpAddress::parse(meant.substr(0, meant.find('/')))) {
        return BadAddress{
            "has bits beyond " + std::string(text.substr(slash)) + ": write \"" + meant +
            "\", or \"" + std::string(address) + "\" for that address alone"
        };
    }
    return *network;
}

ListenerSettings settings_of(
    const ListenAddress& listen,
    const Endpoint& bound,
    const std::optional<Advertised>& server_address
) {
    ListenerSettings settings{listen.transport, bound, bound.address.to_uri_host(), bound.port};
    std::optional<Advertised> advertise = listen.advertise;
    if (!advertise && bound.address.is_unspecified()) advertise = server_address;
    if (!advertise) return settings;
    settings.advertise_host = advertise->host;
    if (advertise->port != 0) settings.advertise_port = advertise->port;
    return settings;
}

}  // namespace reginfo
