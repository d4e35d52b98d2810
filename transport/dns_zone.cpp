#include "transport/dns_zone.hpp"

namespace reginfo {
namespace {

constexpr auto kNone = std::string_view::npos;

std::string_view without_first(std::string_view name) {
    const std::size_t dot = name.find('.');
    return dot == kNone ? std::string_view() : name.substr(dot + 1);
}

std::string_view last_two(std::string_view name) {
    const std::size_t last = name.rfind('.');
    if (last == kNone || last == 0) return name;
    const std::size_t before = name.rfind('.', last - 1);
    return before == kNone ? name : name.substr(before + 1);
}

}  // namespace

DnsZone zone_of(std::string_view name) {
    while (name.starts_with('_') && name.find('.') != kNone) name = without_first(name);
    const std::string_view domain = last_two(name);
    const std::string_view parent = without_first(name);
    return {parent.size() > domain.size() ? parent : domain, domain};
}

}  // namespace reginfo
