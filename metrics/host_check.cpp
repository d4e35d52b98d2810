#include "metrics/host_check.hpp"

#include "core/base/address.hpp"

#include <algorithm>

namespace reginfo::metrics {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool equals(std::string_view left, std::string_view right) {
    return std::equal(left.begin(), left.end(), right.begin(), right.end(), [](char a, char b) {
        return lower(a) == lower(b);
    });
}

bool is_port(std::string_view text) {
    return text.size() <= 5 && text.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

bool is_our_host(std::string_view host, std::span<const std::string> names) {
    if (host.starts_with('[')) {
        const std::size_t bracket = host.find(']');
        if (bracket == std::string_view::npos) return false;
        const std::string_view rest = host.substr(bracket + 1);
        const bool is_end = rest.empty() || (rest.front() == ':' && is_port(rest.substr(1)));
        return is_end && IpAddress::parse(host.substr(0, bracket + 1)).has_value();
    }
    if (const std::size_t colon = host.find(':'); colon != std::string_view::npos) {
        if (!is_port(host.substr(colon + 1))) return false;
        host = host.substr(0, colon);
    }
    if (equals(host, "localhost") || IpAddress::parse(host)) return true;
    return std::any_of(names.begin(), names.end(), [&](const auto& name) {
        return equals(host, name);
    });
}

}  // namespace reginfo::metrics
