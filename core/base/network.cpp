#include "core/base/network.hpp"

#include "core/base/numbers.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace reginfo {
namespace {

/// The prefix of a network: up to three digits without leading zeros, at most `max`.
std::optional<unsigned> parse_prefix(std::string_view text, unsigned max) {
    if (text.empty() || text.size() > 3 || (text.size() > 1 && text.front() == '0')) {
        return std::nullopt;
    }
    const auto value = parse_number<unsigned>(text);
    return value && *value <= max ? value : std::nullopt;
}

}  // namespace

std::optional<Network> Network::parse(std::string_view text) {
    const std::size_t slash = text.find('/');
    const auto address = IpAddress::parse(text.substr(0, slash));
    if (!address) return std::nullopt;
    // The text decides the family: the prefix of "::ffff:10.0.0.0/104" is one of IPv6.
    const bool is_v4_text = text.substr(0, slash).find(':') == std::string_view::npos;
    const unsigned offset = is_v4_text ? 96 : 0;
    unsigned prefix = 128;
    if (slash != std::string_view::npos) {
        const auto bits = parse_prefix(text.substr(slash + 1), 128 - offset);
        if (!bits) return std::nullopt;
        prefix = *bits + offset;
    }

    IpAddress::Bytes base = address->bytes();
    for (unsigned i = 0; i < base.size(); ++i) {
        const unsigned kept = std::clamp(prefix, 8 * i, 8 * i + 8) - 8 * i;
        base[i] = static_cast<std::uint8_t>(base[i] & (0xFF00U >> kept));
    }
    Network network;
    network.base_ = IpAddress(base);
    network.prefix_ = prefix;
    return network;
}

bool Network::contains(const IpAddress& address) const {
    if (address.is_v4() && prefix_ < 96) return false;  // ::/0 is all of IPv6, not IPv4
    const std::size_t whole = prefix_ / 8;
    const auto& a = address.bytes();
    const auto& b = base_.bytes();
    if (!std::equal(b.begin(), b.begin() + static_cast<std::ptrdiff_t>(whole), a.begin())) {
        return false;
    }
    const unsigned bits = prefix_ % 8;
    return bits == 0 || ((a[whole] ^ b[whole]) & (0xFF00U >> bits) & 0xFF) == 0;
}

std::string Network::to_string() const {
    const bool as_v4 = base_.is_v4() && prefix_ >= 96;
    std::string out = base_.to_string();
    out += '/';
    out += std::to_string(as_v4 ? prefix_ - 96 : prefix_);
    return out;
}

}  // namespace reginfo
