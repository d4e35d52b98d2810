/// @file
/// Text of IP addresses, both ways, after RFC 4291 §2.2 and RFC 5952.
#include "core/base/address.hpp"

#include "core/base/ascii.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace reginfo {

namespace {

constexpr std::size_t kV4Begin = 12;
constexpr std::array<std::uint8_t, kV4Begin> kV4Prefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
constexpr std::size_t kGroups = 8;

/// Reads "192.0.2.1" into four bytes. A leading zero is refused: other programs read it as octal.
/// By hand, as nearly every message has some of these: inet_pton takes 1 % of the time of a request
/// more.
bool parse_v4(std::string_view text, std::uint8_t* bytes) {
    std::size_t at = 0;
    for (int i = 0; i < 4; ++i) {
        if (i > 0 && (at == text.size() || text[at++] != '.')) return false;
        const std::size_t begin = at;
        unsigned value = 0;
        while (at < text.size() && is_digit(text[at]) && at - begin <= 3) {
            value = value * 10 + static_cast<unsigned>(text[at++] - '0');
        }
        const std::size_t digits = at - begin;
        if (digits == 0 || digits > 3 || value > 255) return false;
        if (digits > 1 && text[begin] == '0') return false;
        bytes[i] = static_cast<std::uint8_t>(value);
    }
    return at == text.size();
}

bool parse_v6(std::string_view text, std::uint8_t* bytes) {
    std::array<char, INET6_ADDRSTRLEN> terminated{};
    if (text.size() >= terminated.size() || text.find('\0') != text.npos) return false;
    text.copy(terminated.data(), text.size());
    return ::inet_pton(AF_INET6, terminated.data(), bytes) == 1;
}

void append(std::string& out, unsigned value, int base) {
    std::array<char, 8> digits{};
    const auto result = std::to_chars(digits.data(), digits.data() + digits.size(), value, base);
    out.append(digits.data(), result.ptr);
}

void append_v4(std::string& out, const IpAddress::Bytes& bytes) {
    for (std::size_t i = kV4Begin; i < bytes.size(); ++i) {
        if (i > kV4Begin) out += '.';
        append(out, bytes[i], 10);
    }
}

/// The longest run of at least two zero groups, the first of equals; `size` 0 if there is none.
struct Run {
    std::size_t begin = 0;
    std::size_t size = 0;
};

Run longest_zero_run(const std::array<unsigned, kGroups>& groups) {
    Run best;
    Run run;
    for (std::size_t i = 0; i < kGroups; ++i) {
        run = groups[i] != 0 ? Run{i + 1, 0} : Run{run.begin, run.size + 1};
        if (run.size > best.size && run.size > 1) best = run;
    }
    return best;
}

/// By hand, as inet_ntop writes "::0.1.0.2" for "::1:2", which is not RFC 5952's one form.
void append_v6(std::string& out, const IpAddress::Bytes& bytes) {
    std::array<unsigned, kGroups> groups{};
    for (std::size_t i = 0; i < kGroups; ++i) {
        groups[i] = static_cast<unsigned>(bytes[2 * i]) << 8 | bytes[2 * i + 1];
    }
    const Run gap = longest_zero_run(groups);
    for (std::size_t i = 0; i < kGroups; ++i) {
        if (gap.size > 0 && i == gap.begin) {
            out += "::";
            i += gap.size - 1;
            continue;
        }
        if (i > 0 && out.back() != ':') out += ':';
        append(out, groups[i], 16);
    }
}

std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
    std::uint64_t h = (a ^ 0x9E37'79B9'7F4A'7C15) * 0xBF58'476D'1CE4'E5B9;
    h = (h ^ (h >> 29) ^ b) * 0x94D0'49BB'1331'11EB;
    return h ^ (h >> 32);
}

}  // namespace

IpAddress IpAddress::v4(std::uint32_t host_order) {
    IpAddress address;
    std::copy(kV4Prefix.begin(), kV4Prefix.end(), address.bytes_.begin());
    for (std::size_t i = 0; i < 4; ++i) {
        address.bytes_[kV4Begin + i] = static_cast<std::uint8_t>(host_order >> (24 - 8 * i));
    }
    return address;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
    if (text.starts_with('[')) {
        if (!text.ends_with(']')) return std::nullopt;
        text = text.substr(1, text.size() - 2);
        if (text.find(':') == std::string_view::npos) return std::nullopt;
    }
    IpAddress address = v4(0);
    std::uint8_t* const bytes = address.bytes_.data();
    const bool is_v6 = text.find(':') != std::string_view::npos;
    const bool good = is_v6 ? parse_v6(text, bytes) : parse_v4(text, bytes + kV4Begin);
    return good ? std::optional(address) : std::nullopt;
}

bool IpAddress::is_v4() const {
    return std::equal(kV4Prefix.begin(), kV4Prefix.end(), bytes_.begin());
}

bool IpAddress::is_unspecified() const { return *this == IpAddress{} || *this == v4(0); }

std::string IpAddress::to_string() const {
    std::string out;
    is_v4() ? append_v4(out, bytes_) : append_v6(out, bytes_);
    return out;
}

std::string IpAddress::to_uri_host() const {
    return is_v4() ? to_string() : '[' + to_string() + ']';
}

std::string Endpoint::to_string() const {
    std::string out = address.to_uri_host();
    out += ':';
    append(out, port, 10);
    return out;
}

std::size_t hash_value(const IpAddress& address) {
    std::array<std::uint64_t, 2> words{};
    std::memcpy(words.data(), address.bytes().data(), sizeof words);
    return mix(words[0], words[1]);
}

std::size_t hash_value(const Endpoint& endpoint) {
    return mix(hash_value(endpoint.address), endpoint.port);
}

}  // namespace reginfo
