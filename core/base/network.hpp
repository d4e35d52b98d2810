/// @file
/// Blocks of IP addresses.
#pragma once

#include "core/base/address.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace reginfo {

/// A block of addresses in CIDR notation.
class Network {
public:
    /// Reads "10.0.0.0/8", "fd00::/8" or a single address; nothing if malformed or the prefix is
    /// too long. Bits beyond the prefix are ignored.
    static std::optional<Network> parse(std::string_view text);

    bool contains(const IpAddress& address) const;
    std::string to_string() const;

    friend bool operator==(const Network&, const Network&) = default;

private:
    IpAddress base_;
    unsigned prefix_ = 0;  ///< in bits of the 128; IPv4 counts from 96
};

}  // namespace reginfo
