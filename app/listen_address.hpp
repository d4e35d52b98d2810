/// @file
/// Addresses as the configuration writes them: listeners, advertised names, the HTTP side port.
#pragma once

#include "core/base/address.hpp"
#include "core/base/network.hpp"
#include "core/outbox.hpp"
#include "core/settings.hpp"

#include <boost/system/result.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace reginfo {

/// Why a text is not such an address, to stand behind the text itself: "has no port".
struct BadAddress {
    std::string why;
};

/// What peers are told to send to.
struct Advertised {
    std::string host;        ///< a name, an IPv4 or a bracketed IPv6 address
    std::uint16_t port = 0;  ///< 0: the port that is listened on

    std::string to_string() const;
    friend bool operator==(const Advertised&, const Advertised&) = default;
};

/// Where to listen for SIP: "udp:192.0.2.1:5060,advertise=sip.example.org:5060".
struct ListenAddress {
    Transport transport = Transport::udp;
    Endpoint bound;  ///< port 0 takes any free one
    std::optional<Advertised> advertise;

    std::string to_string() const;
    friend bool operator==(const ListenAddress&, const ListenAddress&) = default;
};

/// Reads "NAME", "NAME:PORT", "[IPV6]" or "[IPV6]:PORT".
boost::system::result<Advertised, BadAddress> parse_advertised(std::string_view text);

/// Reads "HOST:PORT" with an IP address (IPv6 in brackets) or "localhost" as HOST: names are not
/// looked up, so what is bound does not depend on DNS.
boost::system::result<Endpoint, BadAddress> parse_bound(std::string_view text);

/// Reads "udp:HOST:PORT" or "tcp:HOST:PORT", with or without ",advertise=NAME:PORT".
boost::system::result<ListenAddress, BadAddress> parse_listen(std::string_view text);

/// Reads "10.0.0.0/8", "fd00::/8" or an address. Bits beyond the prefix are an error: whoever wrote
/// them meant another network, or an address.
boost::system::result<Network, BadAddress> parse_network(std::string_view text);

/// Whether it could be a DNS name or an IPv4 address: letters, digits, '-', '_' and '.', at most
/// 253 of them.
bool is_host_name(std::string_view text);

/// What peers are told of a listener: as configured, else where its socket is bound.
ListenerSettings settings_of(
    const ListenAddress& listen,
    const Endpoint& bound,
    const std::optional<Advertised>& server_address
);

}  // namespace reginfo
