/// @file
/// Fields of keys whose texts have a form of their own.
#pragma once

#include "app/config_key.hpp"
#include "app/profile_rule.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace reginfo::fields {

using Names = std::vector<std::string>;

inline constexpr std::size_t kMaxText = 255;
inline constexpr std::uint16_t kDnsPort = 53;

inline bool is_printable(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

inline constexpr Field kListen = ListField{
    [](const Config& c) {
        Names texts;
        for (const ListenAddress& listen : c.listen) texts.push_back(listen.to_string());
        return texts;
    },
    [](Config& c) { c.listen.clear(); },
    [](Config& c, const std::string& text) {
        auto listen = parse_listen(text);
        if (!listen) return listen.error().why;
        c.listen.push_back(std::move(*listen));
        return std::string();
    },
    "an array of \"udp:HOST:PORT\" or \"tcp:HOST:PORT\", each with or without "
    "\",advertise=NAME:PORT\"",
    "advertise=",
    "\"udp:HOST:PORT\" or \"tcp:HOST:PORT\", with or without \",advertise=NAME:PORT\""
};

inline constexpr Field kServerAddress = TextField{
    [](const Config& c) { return c.server_address ? c.server_address->to_string() : ""; },
    [](Config& c, const std::string& text) {
        if (text.empty()) return c.server_address.reset(), true;
        const auto advertised = parse_advertised(text);
        if (advertised) c.server_address = *advertised;
        return advertised.has_value();
    },
    "\"NAME\", \"NAME:PORT\" or the same with an address, IPv6 in brackets"
};

inline constexpr Field kServerName = TextField{
    [](const Config& c) { return c.settings.server_name; },
    [](Config& c, const std::string& text) {
        if (text.size() > kMaxText || !is_printable(text)) return false;
        return c.settings.server_name = text, true;
    },
    "a text of at most 255 printable ASCII characters"
};

inline constexpr Field kTrustedNetworks = ListField{
    [](const Config& c) {
        Names texts;
        for (const Network& network : c.settings.trusted_networks) {
            texts.push_back(network.to_string());
        }
        return texts;
    },
    [](Config& c) { c.settings.trusted_networks.clear(); },
    [](Config& c, const std::string& text) {
        const auto network = parse_network(text);
        if (!network) return network.error().why;
        c.settings.trusted_networks.push_back(*network);
        return std::string();
    },
    "an array of addresses and networks such as \"10.0.0.0/8\" or \"fd00::/8\"",
    "",
    "an address, or a network such as \"10.0.0.0/8\" or \"fd00::/8\""
};

inline constexpr Field kProfileRules = ListField{
    [](const Config& c) {
        Names texts;
        for (const ProfileRule& rule : c.settings.profile_rules) texts.push_back(to_string(rule));
        return texts;
    },
    [](Config& c) { c.settings.profile_rules.clear(); },
    [](Config& c, const std::string& text) {
        auto rule = parse_profile_rule(text);
        if (!rule) return rule.error().why;
        c.settings.profile_rules.push_back(std::move(*rule));
        return std::string();
    },
    "an array of texts, each one of \"standard\", \"kamailio\", \"partial\", \"ims\", "
    "\"pcscf\" and \"linphone\" with any of \"network=NETWORK\", \"user_agent=BEGINNING\" and "
    "\"from_domain=NAME\" behind it",
    ""
};

inline constexpr Field kHttpListen = TextField{
    [](const Config& c) { return c.http.listen ? c.http.listen->to_string() : "off"; },
    [](Config& c, const std::string& text) {
        if (text == "off") return c.http.listen.reset(), true;
        const auto endpoint = parse_bound(text);
        if (endpoint) c.http.listen = *endpoint;
        return endpoint.has_value();
    },
    "\"HOST:PORT\" with an IP address (IPv6 in brackets) or \"localhost\" as HOST, or \"off\""
};

inline constexpr Field kHttpHosts = ListField{
    [](const Config& c) { return c.http.hosts; },
    [](Config& c) { c.http.hosts.clear(); },
    [](Config& c, const std::string& text) {
        if (!is_host_name(text)) return std::string("is no host name");
        c.http.hosts.push_back(text);
        return std::string();
    },
    "an array of host names without port",
    "",
    "a host name without port"
};

inline constexpr std::size_t kTokenMin = 16;

/// Read as stars, so that --check-config can be shown to others.
inline constexpr Field kHttpToken = TextField{
    [](const Config& c) { return std::string(c.http.token.empty() ? "" : "********"); },
    [](Config& c, const std::string& text) {
        const bool is_short = !text.empty() && text.size() < kTokenMin;
        const bool has_blanks = text.find(' ') != std::string::npos;
        if (is_short || has_blanks || text.size() > kMaxText || !is_printable(text)) return false;
        return c.http.token = text, true;
    },
    "a text of 16 to 255 printable ASCII characters without blanks",
    true
};

inline constexpr Field kResolverServers = ListField{
    [](const Config& c) {
        Names texts;
        for (const Endpoint& server : c.transport.resolver_servers) {
            texts.push_back(server.to_string());
        }
        return texts;
    },
    [](Config& c) { c.transport.resolver_servers.clear(); },
    [](Config& c, const std::string& text) {
        const auto alone = IpAddress::parse(text);
        const auto bound = parse_bound(text);
        if (!alone && (!bound || bound->port == 0)) return std::string("is no address of a server");
        c.transport.resolver_servers.push_back(alone ? Endpoint{*alone, kDnsPort} : *bound);
        return std::string();
    },
    "an array of \"ADDRESS\" or \"ADDRESS:PORT\"",
    "",
    "\"ADDRESS\" or \"ADDRESS:PORT\""
};

inline bool is_path(std::string_view text) {
    return text.size() <= 4096 && std::none_of(text.begin(), text.end(), [](char ch) {
               return static_cast<unsigned char>(ch) < ' ' || ch == '\x7f';
           });
}

inline constexpr Field kStateDir = TextField{
    [](const Config& c) { return c.storage.state_dir; },
    [](Config& c, const std::string& text) {
        if (!is_path(text)) return false;
        return c.storage.state_dir = text, true;
    },
    "the path of a directory"
};

inline constexpr Field kHepServer = TextField{
    [](const Config& c) {
        return c.transport.hep.server ? c.transport.hep.server->to_string() : "";
    },
    [](Config& c, const std::string& text) {
        if (text.empty()) return c.transport.hep.server.reset(), true;
        const auto server = parse_bound(text);
        if (!server || server->port == 0 || server->address.is_unspecified()) return false;
        c.transport.hep.server = *server;
        return true;
    },
    "\"ADDRESS:PORT\" (IPv6 in brackets), or an empty text"
};

inline constexpr Field kHepPassword = TextField{
    [](const Config& c) { return std::string(c.transport.hep.password.empty() ? "" : "********"); },
    [](Config& c, const std::string& text) {
        const bool is_shown = text.starts_with("***");
        if (is_shown || text.size() > kMaxText || !is_printable(text)) return false;
        return c.transport.hep.password = text, true;
    },
    "a text of at most 255 printable ASCII characters that does not begin with ***",
    true
};

}  // namespace reginfo::fields
