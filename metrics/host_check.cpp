#include "metrics/host_check.hpp"

#include "core/base/address.hpp"
#include "core/base/ascii.hpp"

#include <boost/url/authority_view.hpp>

#include <algorithm>

namespace reginfo::metrics {
namespace {

constexpr std::size_t kPortDigitsMax = 5;

}  // namespace

bool is_our_host(std::string_view host, std::span<const std::string> names) {
    const auto authority = boost::urls::parse_authority(host);
    if (!authority || authority->has_userinfo()) return false;
    if (authority->port().size() > kPortDigitsMax) return false;
    const std::string_view name = authority->encoded_host();
    if (equal_ignoring_case(name, "localhost") || IpAddress::parse(name)) return true;
    return std::any_of(names.begin(), names.end(), [&](const std::string& known) {
        return equal_ignoring_case(name, known);
    });
}

}  // namespace reginfo::metrics
