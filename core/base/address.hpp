/// @file
/// IP addresses and endpoints as values, without the socket headers.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace reginfo {

/// An IPv4 or IPv6 address. IPv4 is held as ::ffff:a.b.c.d, so that one comparison serves both.
class IpAddress {
public:
    using Bytes = std::array<std::uint8_t, 16>;

    IpAddress() = default;  ///< the unspecified address ::
    explicit IpAddress(const Bytes& bytes) : bytes_(bytes) {}
    static IpAddress v4(std::uint32_t host_order);

    /// Reads "192.0.2.1", "2001:db8::1" or "[2001:db8::1]"; nothing for anything else.
    static std::optional<IpAddress> parse(std::string_view text);

    bool is_v4() const;
    bool is_unspecified() const;  ///< 0.0.0.0 or ::
    const Bytes& bytes() const { return bytes_; }

    std::string to_string() const;    ///< as in RFC 5952, IPv6 without brackets
    std::string to_uri_host() const;  ///< the same, IPv6 in brackets

    friend auto operator<=>(const IpAddress&, const IpAddress&) = default;

private:
    Bytes bytes_{};
};

/// An address and a port.
struct Endpoint {
    IpAddress address;
    std::uint16_t port = 0;

    std::string to_string() const;  ///< "192.0.2.1:5060", "[2001:db8::1]:5060"

    friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

std::size_t hash_value(const IpAddress& address);
std::size_t hash_value(const Endpoint& endpoint);

}  // namespace reginfo
